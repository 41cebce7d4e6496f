import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a receiver does with a request. */
export type Behaviour = 'accept' | 'limit' | 'fail' | 'reset' | 'slow' | 'cut-after-accepting' | 'refuse'

/** A request that was received. */
export interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly behaviour: Behaviour
}

/** A webhook that behaves as it is told, over a real socket. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly requests: Received[]
  /** The ids of what it has accepted, in order, doubles included. */
  readonly accepted: string[]
}

const accepting: ReadonlySet<Behaviour> = new Set(['accept', 'slow', 'cut-after-accepting'])

const answers: Readonly<Record<Behaviour, (response: ServerResponse) => void>> = {
  accept: (response) => response.writeHead(204).end(),
  limit: (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
  fail: (response) => response.writeHead(500).end('broken'),
  refuse: (response) => response.writeHead(400).end('no'),
  reset: (response) => void response.socket?.resetAndDestroy(),
  'cut-after-accepting': (response) => void response.socket?.destroy(),
  slow: (response) => void setTimeout(() => response.writeHead(200).end(), 20),
}

/** Starts a receiver. @param next What it does with the next request. */
export async function startReceiver(next: () => Behaviour = () => 'accept'): Promise<Receiver> {
  const requests: Received[] = []
  const accepted: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const behaviour = next()
    requests.push({ headers: request.headers, body, behaviour })
    if (accepting.has(behaviour)) accepted.push(String(request.headers['webhook-id']))
    answers[behaviour](response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    accepted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
