import { deferred } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import { mostUnsent, type RawSocket } from '../platform/platform.ts'
import { initMessage, unsettledParams } from './connection-init.ts'
import type { Timeouts } from './contract.ts'
import { errorsOf } from './graphql-failure.ts'
import type { RunningOperation } from './guarded-listener.ts'
import { IdleTimer } from './idle-timer.ts'
import { isOfOperation, type Message, pongTo, readMessage } from './messages.ts'

/** The one sub-protocol that is offered: where the older one is offered too, gqlgen takes that. */
const protocol = 'graphql-transport-ws'

/**
 * One WebSocket of the sub-protocol `graphql-transport-ws`, for one attempt. It alone decides when the connection is over,
 * and reports nothing afterwards.
 *
 *   upgrade ──open──► credentials ──connection_init──► ack ──connection_ack──► stream
 *
 * Operations may begin in each of these phases; they are sent in the last one.
 */
export class GuardedSocket {
  readonly #ended = deferred<MesheryError | undefined>()
  readonly #server: HttpClient
  readonly #timeouts: Timeouts
  readonly #patience = new IdleTimer()
  readonly #live = new Map<string, RunningOperation>()
  #raw: RawSocket | undefined
  #phase: ErrorPhase = 'upgrade'
  #lastId = 0
  #asked = false
  #over = false
  #closing = false

  /** Dials at once. */
  constructor(server: HttpClient, timeouts: Timeouts) {
    this.#server = server
    this.#timeouts = timeouts
    this.#patience.wait(timeouts.connect, () => this.#timedOut())
    try {
      const raw = server.openSocket(protocol, (error) => this.end(error))
      this.#raw = raw
      raw.onopen = () => this.#opened(raw)
      raw.onmessage = ({ data }) => this.#receive(data)
      raw.onerror = (event) => {
        if (isRecord(event) && event['code'] === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#tooLarge()
        else this.end(server.socketError(event, this.#phase))
      }
      raw.onunread = () => this.#unread()
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

  /** Begins an operation, at once or after the acknowledgement. Returns its id, which no other one here has. */
  begin(running: RunningOperation): string {
    const id = String(++this.#lastId)
    this.#live.set(id, running)
    if (this.#phase === 'stream') this.#subscribe(id, running)
    return id
  }

  /** Stops an operation; what still arrives for it is dropped. */
  stop(id: string): void {
    if (this.#live.delete(id) && this.#phase === 'stream') this.#send({ type: 'complete', id })
  }

  /** Ends the connection at once and for good, without a handshake. Only the first call counts. */
  end(error?: MesheryError): void {
    if (this.#over) return
    this.#over = true
    this.#patience.stop()
    for (const { outlet } of this.#live.values()) outlet.stop()
    this.#live.clear()
    const raw = this.#raw
    if (raw) {
      raw.onopen = raw.onmessage = raw.onclose = raw.onerror = raw.onunread = null
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
    if (raw.protocol === protocol) void this.#introduce()
    else this.#fail('TRANSPORT_UNAVAILABLE', `The server does not speak ${protocol}`)
  }

  async #introduce(): Promise<void> {
    this.#phase = 'credentials'
    try {
      const message = initMessage(await this.#server.connectionParams())
      if (this.over) return
      if (this.#raw?.readyState === 1) this.#raw.send(message)
      this.#phase = 'ack'
    } catch (error) {
      this.end(this.#server.socketError(error, this.#phase))
    }
  }

  /** Each `subscribe` is followed by a ping: gqlgen reads in order, so its pong says that it was read. */
  #subscribe(id: string, { operation }: RunningOperation): void {
    this.#raw?.send(`{"id":"${id}","type":"subscribe","payload":${operation}}`)
    this.#send({ type: 'ping', payload: { id } })
  }

  #send(message: object): void {
    if (this.#raw?.readyState === 1) this.#raw.send(JSON.stringify(message))
  }

  #receive(data: unknown): void {
    if (this.#phase === 'stream') {
      this.#patience.received()
      if (this.#asked) this.#rest()
    }
    // Browsers bound nothing. A character is at least a byte.
    if (typeof data === 'string' && data.length > this.#server.messageBytes) {
      this.#tooLarge()
      return
    }
    const message = readMessage(data)
    if (typeof message === 'string') this.#bad(message)
    else if (isOfOperation(message.type)) this.#takeOf(message.type, message)
    else this.#take(message)
  }

  #take({ type, payload }: Message): void {
    if (type === 'connection_ack') {
      if (this.#phase !== 'ack') return
      this.#phase = 'stream'
      this.#rest()
      for (const [id, running] of this.#live) this.#subscribe(id, running)
    } else if (type === 'ping') {
      // Before `connection_init` nothing else may be sent.
      if (this.#phase !== 'ack' && this.#phase !== 'stream') return
      const pong = pongTo(payload)
      if ((this.#raw?.bufferedAmount ?? 0) > mostUnsent) this.#unread()
      else if (pong === undefined) this.#bad('"ping" with a payload that is too deep')
      else if (this.#raw?.readyState === 1) this.#raw.send(pong)
    } else if (isRecord(payload) && typeof payload['id'] === 'string') this.#live.get(payload['id'])?.outlet.open()
  }

  /** A message of one operation. What still arrives for one that has ended is dropped. */
  #takeOf(type: 'next' | 'error' | 'complete', { id, payload, textLength }: Message): void {
    const running = typeof id === 'string' ? this.#live.get(id) : undefined
    const errors = type === 'error' ? errorsOf(payload, this.#server.credentials.secrets) : undefined
    if (!running) {
      // gqlgen sends `complete` after `error`, and after our own `complete`.
      if (!(typeof id === 'string' && Number(id) > 0 && Number(id) <= this.#lastId))
        this.#bad(`"${type}" of an operation that was never begun`)
    } else if (this.#phase !== 'stream') this.#bad(`"${type}" before the acknowledgement`)
    else if (type === 'next' && isRecord(payload)) running.next(payload, textLength)
    else if (type === 'next' || (type === 'error' && !errors?.length)) this.#bad(`"${type}" without its payload`)
    else {
      this.#live.delete(String(id))
      running.end(errors)
    }
  }

  #rest(): void {
    this.#asked = false
    const ask = (): void => this.#ask()
    this.#patience.wait(this.#timeouts.ping, ask, ask)
  }

  #ask(): void {
    this.#asked = true
    this.#send({ type: 'ping' })
    const silent = (): void => this.#fail('CONNECTION_SILENT', 'The server does not answer a ping')
    this.#patience.wait(this.#timeouts.pong, silent, () => this.#ask())
  }

  #timedOut(): void {
    if (this.#phase === 'upgrade') this.#phase = this.#raw?.pending ?? 'upgrade'
    const { connect } = this.#timeouts
    if (this.#phase === 'credentials') this.end(unsettledParams(connect))
    else this.#fail('TIMED_OUT', `The WebSocket was not acknowledged within ${connect} ms (timeouts.connect)`)
  }

  #dropped(code: number, told: string): void {
    const reason = this.#server.credentials.secrets.text(told)
    const refused = code === 4401 || code === 4403
    const text = `The server closed the WebSocket with ${code}${reason && ` "${reason}"`}`
    this.#fail(refused ? 'CREDENTIALS_REFUSED' : 'CONNECTION_LOST', text, { code, reason })
  }

  #unread(): void {
    const text = `The server does not read: more than ${mostUnsent} bytes wait to be sent`
    this.#fail('CONNECTION_SILENT', text, { limit: mostUnsent })
  }

  #tooLarge(): void {
    const limit = this.#server.messageBytes
    this.#fail('TOO_LARGE', `The server sent a message of more than ${limit} bytes (limits.messageBytes)`, { limit })
  }

  #bad(what: string): void {
    this.#fail('BAD_FRAME', `The server sent ${what}`)
  }

  #fail(code: ErrorCode, message: string, details = {}): void {
    const error = new MesheryError(code, message, { phase: this.#phase, details })
    this.end(this.#server.socketError(error, this.#phase))
  }
}
