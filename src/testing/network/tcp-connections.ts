import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../../base/thrown.ts'
import { lockPort, type PortLock } from './port-lock.ts'

/**
 * The TCP side of the fake: one port, and the connections to it. It is separate from the HTTP server, so that the port can refuse
 * new connections while others stay open, and so that connections can freeze underneath everything that writes to them.
 */
export class TcpConnections {
  readonly #host: string
  readonly #accept: (socket: Socket) => void
  readonly #sockets = new Set<Socket>()
  #waiting: Socket[] = []
  #server: Server | undefined
  #port = 0
  #lock: PortLock | undefined
  #closing: Promise<unknown> | undefined
  #thaw: Thaw | undefined

  constructor(host: string, accept: (socket: Socket) => void) {
    this.#host = host
    this.#accept = accept
  }

  get port(): number {
    return this.#port
  }

  get listening(): boolean {
    return this.#server !== undefined
  }

  /**
   * Listens for the first time. Port 0 takes a free port below the range that systems use for outgoing connections: none of those
   * can take the port while the fake is stopped. Until `unlock` no other fake chooses it.
   */
  async open(port: number): Promise<void> {
    if (port !== 0) {
      this.#port = port
      return await this.listen()
    }
    for (let tries = 0; ; tries++) {
      this.#port = 20_000 + Math.floor(Math.random() * 12_000)
      this.#lock = await lockPort(this.#port, this.#host)
      try {
        if (this.#lock || tries === 50) return await this.listen()
      } catch (error) {
        this.unlock()
        if (tries === 50 || !isTaken(error)) throw error
      }
    }
  }

  /** Another fake may choose the port from now on. */
  unlock(): void {
    this.#lock?.release()
    this.#lock = undefined
  }

  /** Listens on the same port as before. */
  async listen(): Promise<void> {
    if (this.#server) return
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket))
    this.#server = server
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(this.#port, this.#host, resolve)
      })
    } catch (error) {
      this.#server = undefined
      throw error
    }
  }

  /** Listens again after a pause, in which another process may have used the port for a moment. */
  async listenAgain(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.listen()
      } catch (error) {
        if (tries === 100 || !isTaken(error)) throw error
        await sleep(50)
      }
    }
  }

  /** Refuses new connections from now on. Open ones stay open. */
  refuse(): void {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    this.#closing = Promise.all([this.#closing, new Promise((resolve) => server.close(resolve))])
  }

  /** Closes every connection, and thaws: a process that starts again is not frozen. Resolves when all are closed. */
  async destroyAll(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of this.#sockets) socket.destroy()
    this.thaw()
    await Promise.all(closed)
    // A listener closes after the connections that it has accepted.
    if (!this.#server) await this.#closing
  }

  /** Undefined unless frozen; else resolves at the thaw. */
  thawed(): Promise<void> | undefined {
    return this.#thaw?.promise
  }

  /** Runs something that may end a socket, now or at the thaw: the end of a socket sends what the freeze holds back. */
  whenThawed(run: () => void): void {
    if (this.#thaw) this.#thaw.promise.then(run)
    else run()
  }

  freeze(): void {
    if (this.#thaw) return
    const thaw = newThaw()
    this.#thaw = thaw
    const sockets = [...this.#sockets]
    for (const socket of sockets) socket.cork()
    // A stream resumes in the next tick: one that a thaw of this turn resumes would read on, paused or not. Nothing is read before.
    process.nextTick(() => {
      if (this.#thaw === thaw) for (const socket of sockets) socket.pause()
    })
  }

  thaw(): void {
    const thaw = this.#thaw
    if (!thaw) return
    this.#thaw = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const socket of this.#sockets) {
      if (waiting.includes(socket)) continue
      socket.uncork()
      socket.resume()
    }
    for (const socket of waiting) if (!socket.destroyed) this.#accept(socket)
    thaw.resolve()
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A peer that resets is no failure of the fake. `close` follows and cleans up.
    socket.on('error', () => {})
    if (this.#thaw) this.#waiting.push(socket)
    else this.#accept(socket)
  }
}

interface Thaw {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

function newThaw(): Thaw {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const isTaken = (error: unknown): boolean => codeOf(error) === 'EADDRINUSE'
