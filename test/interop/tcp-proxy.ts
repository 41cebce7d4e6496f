import { once } from 'node:events'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'

/** A TCP proxy whose connections can be stalled: they stay open and pass nothing on, as a dead network path does. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly #server: Server
  readonly #pairs: [client: Socket, server: Socket][]

  readonly #stalled = new Set<readonly [client: Socket, server: Socket]>()
  readonly #counter: { answers: number }

  private constructor(server: Server, port: number, pairs: [Socket, Socket][], counter: { answers: number }) {
    this.#counter = counter
    this.#server = server
    this.#pairs = pairs
    this.port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(target: number): Promise<TcpProxy> {
    const pairs: [Socket, Socket][] = []
    const counter = { answers: 0 }
    const server = createServer((client) => {
      const upstream = dial(target, '127.0.0.1')
      pairs.push([client, upstream])
      upstream.on('data', () => counter.answers++)
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.pipe(to)
        // A reset on one side is passed on as one: no listener here needs the error.
        from.on('error', () => to.destroy())
        from.on('close', () => to.destroy())
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new TcpProxy(server, address.port, pairs, counter)
  }

  /** How many connections it has made in total. */
  get count(): number {
    return this.#pairs.length
  }

  /** How many pieces came from the server. */
  get answers(): number {
    return this.#counter.answers
  }

  /** Stalls the open connections, both ways; new ones pass. */
  stall(): void {
    for (const pair of this.#pairs) {
      const [client, upstream] = pair
      client.unpipe(upstream)
      upstream.unpipe(client)
      // Any other listener for the data would drain it.
      client.pause()
      upstream.pause()
      this.#stalled.add(pair)
    }
  }

  /** Lets stalled connections pass on what waited. */
  thaw(): void {
    for (const [client, upstream] of this.#stalled) {
      client.pipe(upstream)
      upstream.pipe(client)
    }
    this.#stalled.clear()
  }

  /** Cuts every connection with a reset. */
  cut(): void {
    for (const [client, upstream] of this.#pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
