import { deferred } from '../base/abort.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { RawSocket } from '../platform/platform.ts'
import type { Server } from '../platform/server.ts'
import type { Timeouts } from './contract.ts'
import type { Outlet } from './outlet.ts'
import { Patience } from './patience.ts'

/** The one sub-protocol that is offered: where the older one is offered too, gqlgen takes that. */
const protocol = 'graphql-transport-ws'

/**
 * The socket that the protocol engine sees. It decides alone when the connection is over, and then falls silent on both
 * sides: the engine never hears of an end, so none of its rules about closes, retries and locks comes to bear.
 */
export class GuardedSocket {
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  /** Set by the engine, never called. */
  onclose: unknown
  /** Set by the engine, never called. */
  onerror: unknown

  readonly #ended = deferred<MesheryError | undefined>()
  readonly #redact: (text: string) => string
  readonly #timeouts: Timeouts
  readonly #patience = new Patience()
  readonly #live = new Map<string, Running>()
  #raw: RawSocket | undefined
  #phase: ErrorPhase = 'upgrade'
  #lastId = 0
  #asked = false
  #over = false
  #closing = false

  /** Dials at once. */
  constructor(server: Server, timeouts: Timeouts) {
    this.#redact = (text) => server.credentials.redact(text)
    this.#timeouts = timeouts
    this.#patience.wait(timeouts.connect, () => this.#timedOut())
    try {
      const raw = server.openSocket(protocol, (error) => this.end(error))
      this.#raw = raw
      raw.onopen = () => this.#opened(raw)
      raw.onmessage = ({ data }) => this.#receive(data)
      raw.onerror = (event) => this.end(server.socketError(event, this.#phase))
      raw.onclose = ({ code, reason }) => this.#dropped(code, reason)
    } catch (error) {
      this.end(server.socketError(error, this.#phase))
    }
  }

  /** Resolves at the end with the error that ended it, or with nothing after `shut`. */
  get ended(): Promise<MesheryError | undefined> {
    return this.#ended.promise
  }

  /** Whether nothing can be begun or told any more. */
  get over(): boolean {
    return this.#over || this.#closing
  }

  get readyState(): number {
    return this.over ? 3 : (this.#raw?.readyState ?? 3)
  }

  /** Notes an operation. Returns its id, which no other operation of this connection has. */
  begin(running: Running): string {
    const id = String(++this.#lastId)
    this.#live.set(id, running)
    return id
  }

  /** Forgets an operation; what still comes for it is dropped. */
  forget(id: string): void {
    this.#live.delete(id)
  }

  /** For the engine. Each `subscribe` is followed by a ping: gqlgen reads in order, so its pong says that it was read. */
  send(text: string): void {
    if (this.readyState !== 1) return
    this.#raw?.send(text)
    const { type, id }: Message = JSON.parse(text)
    if (type === 'connection_init') this.#phase = 'ack'
    if (type === 'subscribe') this.#raw?.send(JSON.stringify({ type: 'ping', payload: { id } }))
  }

  /** For the engine, which closes of its own accord only when it gives up. */
  close(_code?: number, reason = ''): void {
    this.#bad(`what is no message (${reason})`)
  }

  /** Ends the connection at once and for good, without a handshake. Only the first call counts. */
  end(error?: MesheryError): void {
    if (this.#over) return
    this.#over = true
    this.#patience.stop()
    for (const { outlet } of this.#live.values()) outlet.stop()
    this.#live.clear()
    this.onopen = this.onmessage = null
    const raw = this.#raw
    if (raw) {
      raw.onopen = raw.onmessage = raw.onclose = raw.onerror = null
      if (raw.terminate) raw.terminate()
      else raw.close()
    }
    this.#ended.resolve(this.#closing ? undefined : error)
  }

  /** Closes with 1000, and hard when that takes longer than `timeouts.close`. */
  async shut(): Promise<void> {
    const raw = this.#raw
    if (!this.over && raw?.readyState === 1) {
      raw.onmessage = null
      raw.onclose = raw.onerror = () => this.end()
      this.#patience.wait(
        this.#timeouts.close,
        () => this.end(),
        () => this.end(),
      )
      raw.close(1000, 'Normal Closure')
      this.#closing = true
    } else if (!this.#closing) {
      this.#closing = true
      this.end()
    }
    await this.ended
  }

  #opened(raw: RawSocket): void {
    if (raw.protocol === protocol) {
      this.#phase = 'credentials'
      this.onopen?.()
    } else this.#fail('TRANSPORT_UNAVAILABLE', `The server does not speak ${protocol}`)
  }

  #receive(data: unknown): void {
    if (this.#phase === 'stream') {
      this.#patience.heard()
      if (this.#asked) this.#rest()
    }
    const message = this.#parsed(data)
    if (message && this.#passes(message)) this.onmessage?.({ data: message })
  }

  /** The message in a frame; undefined when it holds none, which ends the connection. */
  #parsed(data: unknown): object | undefined {
    try {
      const message: unknown = typeof data === 'string' ? JSON.parse(data) : undefined
      // A text inside JSON must not pass either: the engine would parse it again.
      if (typeof message === 'object' && message !== null) return message
      this.#bad('a frame that is no message')
    } catch {
      // Without the cause, which quotes the frame.
      this.#bad('broken JSON')
    }
    return undefined
  }

  /** Whether the engine may see it. Parsed frames are handed on as they are: the engine parses only texts. */
  #passes({ type, id, payload }: Message): boolean {
    if (type === 'next' || type === 'error' || type === 'complete') {
      const running = typeof id === 'string' ? this.#live.get(id) : undefined
      if (running && type === 'next') {
        const sound = typeof payload === 'object' && payload !== null && !Array.isArray(payload)
        if (!sound || this.#phase !== 'stream') return true
        // Values go straight on: the engine would only look up once more whose they are.
        running.next(payload)
        return false
      }
      if (running) {
        // gqlgen sends `complete` after `error` and after our own `complete`: the engine would release its lock twice.
        this.#live.delete(String(id))
        return true
      }
      if (!(typeof id === 'string' && Number(id) > 0 && Number(id) <= this.#lastId))
        this.#bad(`"${type}" of an operation that was never begun`)
      return false
    }
    if (type === 'connection_ack' && this.#phase === 'ack') {
      this.#phase = 'stream'
      this.#rest()
    } else if (type === 'pong' && typeof payload === 'object' && payload !== null) {
      const { id: answered }: Message = payload
      if (typeof answered === 'string') this.#live.get(answered)?.outlet.open()
    }
    return true
  }

  #rest(): void {
    this.#asked = false
    const ask = (): void => this.#ask()
    this.#patience.wait(this.#timeouts.ping, ask, ask)
  }

  #ask(): void {
    this.#asked = true
    this.#raw?.send('{"type":"ping"}')
    const silent = (): void => this.#fail('CONNECTION_SILENT', 'The server does not answer a ping')
    this.#patience.wait(this.#timeouts.pong, silent, () => this.#ask())
  }

  #timedOut(): void {
    if (this.#phase === 'upgrade' && this.#raw?.connected === false) this.#phase = 'tcp'
    const { connect } = this.#timeouts
    this.#fail('TIMED_OUT', `The WebSocket was not acknowledged within ${connect} ms (timeouts.connect)`)
  }

  #dropped(code: number, reason: string): void {
    const refused = code === 4401 || code === 4403
    const text = `The server closed the WebSocket with ${code}${reason && ` "${reason}"`}`
    this.#fail(refused ? 'CREDENTIALS_REFUSED' : 'CONNECTION_LOST', text, { code, reason: this.#redact(reason) })
  }

  #bad(what: string): void {
    this.#fail('BAD_FRAME', `The server sent ${what}`)
  }

  #fail(code: ErrorCode, message: string, details = {}): void {
    this.end(new MesheryError(code, this.#redact(message), { phase: this.#phase, details }))
  }
}

/** An operation that may be told something. */
export interface Running {
  readonly outlet: Outlet
  /** Takes the payload of each `next`. */
  next(payload: { readonly data?: unknown; readonly errors?: unknown }): void
}

/** A message as far as nothing is known of it. */
interface Message {
  readonly type?: unknown
  readonly id?: unknown
  readonly payload?: unknown
}
