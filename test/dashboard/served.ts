import { Agent, type IncomingMessage, request as send } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { MesheryError } from '../../src/base/errors.ts'
import type { MesheryOptions } from '../../src/client/options.ts'
import { createDashboard, type Dashboard } from '../../src/dashboard/dashboard.ts'
import { nodePlatform } from '../../src/platform/node.ts'

/** A page, in a folder with what no one may get by it. */
export const pageFolder: string = join(import.meta.dirname, 'served/page')

/** An answer of the dashboard. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Sending {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A dashboard with a page of its own, and a browser's cookie for it. */
export interface Served extends AsyncDisposable {
  readonly dashboard: Dashboard
  readonly url: string
  /** The header `Cookie` of a browser that was let in. */
  readonly cookie: string
  /** What was reported, newest last; undefined for a request that was answered. */
  readonly problems: (MesheryError | undefined)[]
  /** Sends a request without a cookie. */
  plain(path: string, sending?: Sending): Promise<Answer>
  /** Sends a request with the cookie. */
  get(path: string, sending?: Sending): Promise<Answer>
  /** Sends bytes as they are. Resolves with all that comes back. */
  raw(text: string): Promise<string>
}

/** Sends one request, over a connection of its own unless connections are given. */
export const ask = (
  url: string,
  { method = 'GET', headers = {}, body }: Sending = {},
  agent: Agent | false = false,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = send(url, { method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })

/** Gets the cookie that an address with a secret gives. */
export const letIn = async (address: string): Promise<string> => {
  const { headers } = await ask(address)
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

/** Surroundings of the platform without anything of this machine. */
export const nowhere = { env: {}, home: undefined } as const

/** Starts a dashboard and lets a browser in. */
export async function serve(
  connection: MesheryOptions,
  surroundings: Parameters<typeof nodePlatform>[0] = nowhere,
): Promise<Served> {
  const problems: (MesheryError | undefined)[] = []
  const dashboard = createDashboard({
    connection,
    platform: nodePlatform(surroundings),
    pageFolder,
    onProblem: (_, error) => void problems.push(error),
  })
  // As a browser does it: the dashboard asks the system about each connection, which takes a millisecond.
  const agent = new Agent({ keepAlive: true })
  const end = async (): Promise<void> => {
    await dashboard.close()
    agent.destroy()
  }
  try {
    await dashboard.start(0, new AbortController().signal)
  } catch (error) {
    await end()
    throw error
  }
  const url = `http://127.0.0.1:${dashboard.port}`
  const cookie = await letIn(dashboard.createAddress())
  const plain = (path: string, sending: Sending = {}): Promise<Answer> => ask(url + path, sending, agent)
  return {
    dashboard,
    url,
    cookie,
    problems,
    plain,
    get: (path, { headers, ...sending } = {}) => plain(path, { ...sending, headers: { cookie, ...headers } }),
    raw: (text) =>
      new Promise((resolve, reject) => {
        let answer = ''
        const socket = connect(dashboard.port, '127.0.0.1', () => socket.write(text))
        socket.setEncoding('utf8').on('data', (piece) => {
          answer += piece
        })
        socket.on('close', () => resolve(answer))
        socket.on('error', reject)
      }),
    [Symbol.asyncDispose]: end,
  }
}
