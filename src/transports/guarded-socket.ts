import { deferred } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { now } from '../base/clock.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import { connectionParams, openSocket } from '../http/graphql-endpoint.ts'
import type { HttpClient } from '../http/http-client.ts'
import { mostUnsent, type RawSocket } from '../platform/platform.ts'
import { errorOfClose } from './close-codes.ts'
import { initMessage, unsettledParams } from './connection-init.ts'
import type { Connection, GraphQLErrorShape, Operation, OperationListener, Timeouts } from './contract.ts'
import { errorsOf } from './graphql-failure.ts'
import { GuardedListener } from './guarded-listener.ts'
import { IdleTimer } from './idle-timer.ts'
import { isOfOperation, type Message, pongTo, readMessage } from './messages.ts'
import { subscribePayload, WebSocketOperation } from './websocket-operation.ts'

/** The only sub-protocol that is offered: if the older one is offered too, gqlgen takes that. */
const protocol = 'graphql-transport-ws'

/**
 * One WebSocket of the sub-protocol `graphql-transport-ws`, for one attempt. It alone decides when the connection is over,
 * and reports nothing afterwards; nothing of an old attempt can reach a new one.
 *
 *   upgrade ──open──► credentials ──connection_init──► ack ──connection_ack──► stream
 *
 * Operations may start in each of these phases; they are sent in the last one.
 */
export class GuardedSocket implements Connection {
  readonly #ended = deferred<MesheryError | undefined>()
  readonly #server: HttpClient
  readonly #timeouts: Timeouts
  readonly #idle = new IdleTimer()
  /** By id. What a peer sends as one may be anything. */
  readonly #operations = new Map<unknown, WebSocketOperation>()
  #raw: RawSocket | undefined
  #phase: ErrorPhase = 'upgrade'
  #lastId = 0
  /** A ping was sent after silence, and nothing has arrived since. */
  #isPinging = false
  /** When the oldest ping was sent that has no pong yet, in milliseconds of `now`. */
  #pingedAt: number | undefined
  #isOver = false
  #isClosing = false

  /** Dials at once. */
  constructor(server: HttpClient, timeouts: Timeouts) {
    this.#server = server
    this.#timeouts = timeouts
    this.#limit('connect')
    try {
      const raw = openSocket(server, protocol, (error) => this.#end(error))
      this.#raw = raw
      raw.onopen = () => this.#opened(raw)
      raw.onmessage = ({ data }) => this.#receive(data)
      raw.onerror = (event) => this.#broke(event)
      raw.onunread = () => this.#unread()
      raw.onclose = ({ code, reason }) => this.#closed(code, reason)
    } catch (error) {
      this.#end(server.networkError(error, this.#phase))
    }
  }

  get ended(): Promise<MesheryError | undefined> {
    return this.#ended.promise
  }

  start(operation: Operation, listener: OperationListener): () => void {
    if (this.#isOver || this.#isClosing) return () => {}
    const payload = subscribePayload(operation)
    if (typeof payload !== 'string') {
      const guarded = new GuardedListener(listener)
      queueMicrotask(() => guarded.end(payload))
      return () => guarded.stop()
    }
    const id = String(++this.#lastId)
    const started = new WebSocketOperation(id, payload, listener, this.#server.credentials.secrets)
    this.#operations.set(id, started)
    if (this.#phase === 'stream') this.#subscribe(started)
    return () => this.#stop(id)
  }

  /** Stops every operation, then closes with 1000; hard if the server does not close within `timeouts.close`. */
  async close(): Promise<void> {
    for (const id of [...this.#operations.keys()]) this.#stop(id)
    const raw = this.#raw
    if (!this.#isOver && !this.#isClosing && raw?.readyState === 1) {
      const end = (): void => this.#end()
      raw.onmessage = null
      raw.onclose = raw.onerror = end
      this.#idle.wait(this.#timeouts.close, end, end)
      raw.close(1000, 'Normal Closure')
      this.#isClosing = true
    } else if (!this.#isClosing) {
      this.#isClosing = true
      this.#end()
    }
    await this.ended
  }

  /** What still arrives for the operation is dropped. */
  #stop(id: unknown): void {
    this.#operations.get(id)?.stop()
    if (this.#operations.delete(id) && this.#phase === 'stream') this.#send({ type: 'complete', id })
  }

  /** Ends the connection at once and for good, without a close handshake. Only the first call counts. */
  #end(error?: MesheryError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#idle.stop()
    for (const operation of this.#operations.values()) operation.stop()
    this.#operations.clear()
    const raw = this.#raw
    if (raw) {
      raw.onopen = raw.onmessage = raw.onclose = raw.onerror = raw.onunread = null
      if (raw.terminate) raw.terminate()
      else raw.close()
    }
    this.#ended.resolve(this.#isClosing ? undefined : error)
  }

  #opened(raw: RawSocket): void {
    if (raw.protocol === protocol) {
      this.#limit('open')
      void this.#initialise()
    } else this.#fail('TRANSPORT_UNAVAILABLE', `The server does not speak ${protocol}`)
  }

  async #initialise(): Promise<void> {
    this.#phase = 'credentials'
    try {
      const message = initMessage(await connectionParams(this.#server))
      if (this.#isOver || this.#isClosing) return
      this.#sendText(message)
      this.#phase = 'ack'
    } catch (error) {
      this.#end(this.#server.networkError(error, this.#phase))
    }
  }

  /** A ping follows each `subscribe`: gqlgen reads in order, so its pong shows that it has read the `subscribe`. */
  #subscribe({ id, payload }: WebSocketOperation): void {
    this.#raw?.send(`{"id":"${id}","type":"subscribe","payload":${payload}}`)
    this.#sendPing(id)
  }

  /** @param id Of the operation whose `subscribe` the ping follows. */
  #sendPing(id?: string): void {
    // Of several that wait for their pongs, the first pong belongs to the first.
    this.#pingedAt ??= now()
    this.#send({ type: 'ping', payload: { id } })
  }

  #send(message: object): void {
    this.#sendText(JSON.stringify(message))
  }

  #sendText(text: string): void {
    if (this.#raw?.readyState === 1) this.#raw.send(text)
  }

  #receive(data: unknown): void {
    if (this.#phase === 'stream') {
      this.#idle.received(this.#raw?.receivedAt)
      if (this.#isPinging) this.#waitForSilence()
    }
    // Browsers have no limit of their own. A character is at least a byte.
    if (typeof data === 'string') {
      this.#server.counters.receivedBytes += data.length
      if (data.length > this.#server.messageBytes) {
        this.#tooLarge()
        return
      }
    }
    const message = readMessage(data)
    if (typeof message === 'string') this.#badFrame(message)
    else if (isOfOperation(message.type)) this.#receiveForOperation(message)
    else this.#receiveForConnection(message)
  }

  #receiveForConnection({ type, payload }: Message): void {
    switch (type) {
      case 'connection_ack':
        this.#acknowledged()
        break
      case 'ping':
        this.#answerPing(payload)
        break
      case 'pong':
        if (this.#pingedAt !== undefined) this.#server.counters.roundTripMs = now() - this.#pingedAt
        this.#pingedAt = undefined
        this.#confirm(payload)
    }
  }

  /** A pong has the payload of its ping. That of a gateway may have none: then it is for all operations. */
  #confirm(payload: unknown): void {
    if (isRecord(payload)) this.#operations.get(payload['id'])?.open()
    else for (const operation of this.#operations.values()) operation.open()
  }

  #acknowledged(): void {
    if (this.#phase !== 'ack') return
    this.#phase = 'stream'
    this.#waitForSilence()
    for (const operation of this.#operations.values()) this.#subscribe(operation)
  }

  #answerPing(payload: unknown): void {
    // Nothing may be sent before `connection_init`.
    if (this.#phase !== 'ack' && this.#phase !== 'stream') return
    const pong = pongTo(payload)
    if ((this.#raw?.bufferedAmount ?? 0) > mostUnsent) this.#unread()
    else if (pong === undefined) this.#badFrame('"ping" with a payload that is too deep')
    else this.#sendText(pong)
  }

  #receiveForOperation(message: Message): void {
    const { type, payload, id, textLength } = message
    const operation = this.#operations.get(id)
    if (!operation) {
      // gqlgen sends `complete` after `error`, and after the `complete` of the client.
      if (!this.#wasStarted(id)) this.#badFrame(`"${type}" of an operation that was never started`)
      return
    }
    if (this.#phase !== 'stream') {
      this.#badFrame(`"${type}" before the acknowledgement`)
      return
    }
    switch (type) {
      case 'next':
        if (isRecord(payload)) operation.next(payload, textLength)
        else this.#badFrame(`"${type}" without its payload`)
        break
      case 'error': {
        const errors = errorsOf(payload, this.#server.credentials.secrets)
        if (errors?.length) this.#finish(operation, errors)
        else this.#badFrame(`"${type}" without its payload`)
        break
      }
      case 'complete':
        this.#finish(operation)
    }
  }

  #wasStarted(id: unknown): boolean {
    return typeof id === 'string' && Number(id) > 0 && Number(id) <= this.#lastId
  }

  #finish(operation: WebSocketOperation, errors?: readonly GraphQLErrorShape[]): void {
    this.#operations.delete(operation.id)
    operation.finish(errors)
  }

  /** Sends a ping once nothing has arrived for `timeouts.ping`. */
  #waitForSilence(): void {
    this.#isPinging = false
    const ping = (): void => this.#ping()
    this.#idle.wait(this.#timeouts.ping, ping, ping)
  }

  #ping(): void {
    this.#isPinging = true
    this.#sendPing()
    const silent = (): void => this.#fail('CONNECTION_SILENT', 'The server does not answer a ping')
    this.#idle.wait(this.#timeouts.pong, silent, () => this.#ping())
  }

  /** Ends the connection once nothing has arrived for the time of the option, unless another wait replaces this one. */
  #limit(option: 'connect' | 'open'): void {
    const limitMs = this.#timeouts[option]
    this.#idle.wait(limitMs, () => {
      if (this.#phase === 'upgrade') this.#phase = this.#raw?.pending ?? 'upgrade'
      if (this.#phase === 'credentials') this.#end(unsettledParams(limitMs))
      else this.#fail('TIMED_OUT', `The WebSocket got no answer within ${limitMs} ms (timeouts.${option})`)
    })
  }

  #broke(event: unknown): void {
    if (isRecord(event) && event['code'] === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#tooLarge()
    else this.#end(this.#server.networkError(event, this.#phase))
  }

  #closed(code: number, sentReason: string): void {
    const reason = this.#server.credentials.secrets.text(sentReason)
    const text = `The server closed the WebSocket with ${code}${reason && ` "${reason}"`}`
    this.#fail(errorOfClose(code), text, { code, reason })
  }

  #unread(): void {
    const text = `The server does not read: more than ${mostUnsent} bytes wait to be sent`
    this.#fail('CONNECTION_SILENT', text, { limit: mostUnsent })
  }

  #tooLarge(): void {
    const limit = this.#server.messageBytes
    this.#fail('TOO_LARGE', `The server sent a message with more than ${limit} bytes (\`limits.messageBytes\`)`, {
      limit,
    })
  }

  #badFrame(what: string): void {
    this.#fail('BAD_FRAME', `The server sent ${what}`)
  }

  #fail(code: ErrorCode, message: string, details = {}): void {
    const error = new MesheryError(code, message, { phase: this.#phase, details })
    this.#end(this.#server.networkError(error, this.#phase))
  }
}
