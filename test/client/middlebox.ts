import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import type { FakeMeshery } from '../../src/testing/index.ts'

/** What a middlebox does to a live channel once the server has accepted it. */
export type Cut = 'passes' | 'cuts after 300 ms' | 'passes nothing, and cuts after 300 ms'

interface Middlebox extends AsyncDisposable {
  readonly url: string
  /** How many live channels it has cut. */
  readonly cuts: number
  /** From now on it passes everything. */
  remove(): void
}

/** The first piece of an answer that accepts a WebSocket or an SSE stream. */
const isLive = (piece: Buffer): boolean => /^HTTP\/1\.1 101|^content-type: text\/event-stream/im.test(piece.toString())

/** A TCP middlebox in front of the server. Plain HTTP passes. */
export const startMiddlebox = async (fake: FakeMeshery, cut: Cut): Promise<Middlebox> => {
  const open = new Set<Socket>()
  let mode = cut
  let cuts = 0
  const watchFor = (client: Socket, upstream: Socket): void => {
    let isCut = false
    upstream.on('data', (piece: Buffer) => {
      if (isCut && mode === 'passes nothing, and cuts after 300 ms') return
      client.write(piece)
      if (isCut || mode === 'passes' || !isLive(piece)) return
      isCut = true
      setTimeout(() => {
        cuts++
        client.destroy()
        upstream.destroy()
      }, 300)
    })
  }
  const server = createServer((client) => {
    const upstream = dial(fake.port, '127.0.0.1')
    watchFor(client, upstream)
    client.pipe(upstream)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        open.delete(from)
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bound = server.address()
  return {
    url: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    get cuts() {
      return cuts
    },
    remove() {
      mode = 'passes'
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Adds an event every 50 ms until it is disposed of. */
export const flow = (fake: FakeMeshery): Disposable => {
  const timer = setInterval(() => fake.events.add(), 50)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/**
 * Connections that break without being cut so soon take as many. How long it takes at most is tested with fake time in
 * `test/connection/retry-policy.test.ts`: on a busy machine a cut may come before the connection opens, which belongs to another row.
 */
export const mostCuts = 12
