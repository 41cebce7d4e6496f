import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { isRecord } from '../../base/checks.ts'
import type { Garbage, LiveChannel } from '../faults/live-channel.ts'
import { resetSocket } from '../network/live-channels.ts'
import { goJSON } from '../wire/go.ts'
import { parseJSON } from '../wire/json.ts'
import type { WireError } from './errors.ts'
import type { RequestOrigin } from './field-source.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { Operation, type OperationMessage } from './operation.ts'
import { isPrepared, prepare, readRequest } from './request.ts'

type Message = Readonly<Record<string, unknown>>

const clientTypes = new Set(['connection_init', 'ping', 'pong', 'subscribe', 'complete'])

/** Whether gqlgen decodes a message. */
const isDecodable = (message: Message | undefined): message is Message =>
  message !== undefined &&
  clientTypes.has(String(message['type'])) &&
  (message['id'] === undefined || typeof message['id'] === 'string')

/**
 * One WebSocket that speaks `graphql-transport-ws` as gqlgen v0.17.85 does: keys in the order payload, id, type, a
 * newline after each message, `complete` after `error`, and few close codes.
 */
export class GraphqlSocket implements LiveChannel {
  readonly #socket: WebSocket
  readonly #tcp: Socket
  readonly #server: GraphqlServer
  readonly #origin: RequestOrigin
  /** By id, the newest last: gqlgen accepts an id twice. */
  readonly #operations = new Map<unknown, readonly Operation[]>()
  #state: 'new' | 'acknowledged' | 'abandoned' | 'closed' = 'new'

  constructor(socket: WebSocket, tcp: Socket, server: GraphqlServer, origin: RequestOrigin) {
    this.#socket = socket
    this.#tcp = tcp
    this.#server = server
    this.#origin = origin
    server.requestLog.openSockets++
    server.liveChannels.add(this)
    socket.on('message', (data) => this.#receive(data))
    // Broken frames of a client end in `close`, as everything else that ends a socket.
    socket.on('error', () => {})
    socket.once('close', () => this.#closed())
  }

  cut(): void {
    resetSocket(this.#tcp)
  }

  end(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#stopAll()
    this.#socket.close(code, reason)
    // gqlgen closes the connection without waiting for the answer to its close frame.
    this.#server.tcpConnections.whenThawed(() => this.#tcp.end())
  }

  garbage(kind: Garbage, bytes: number): void {
    const actions: Readonly<Record<Garbage, () => void>> = {
      binary: () => this.#socket.send(randomBytes(bytes)),
      'broken-json': () => this.raw('{"payload":{"data":'),
      'not-an-object': () => this.raw('[42]\n'),
      'unknown-id': () => this.raw('{"payload":{"data":null},"id":"unknown","type":"next"}\n'),
      huge: () => {
        for (const operation of this.#allOperations()) operation.sendHuge(bytes)
      },
    }
    actions[kind]()
  }

  raw(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text)
  }

  /** Undefined when the socket has room; else resolves when it has room or is closed. */
  #room(): Promise<void> | undefined {
    if (!this.#tcp.writableNeedDrain || this.#tcp.destroyed) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        this.#tcp.off('drain', done)
        this.#tcp.off('close', done)
        resolve()
      }
      this.#tcp.on('drain', done)
      this.#tcp.on('close', done)
    })
  }

  #receive(data: RawData): void {
    if (this.#state === 'abandoned' || this.#state === 'closed') return
    const text = textOf(data)
    const parsed = parseJSON(text)
    const message = isRecord(parsed) ? parsed : undefined
    this.#server.requestLog.message(message ?? text)
    if (this.#socket.protocol !== 'graphql-transport-ws') this.#legacy(message)
    else if (this.#state === 'new') this.#first(message)
    else if (isDecodable(message)) this.#handle(message)
    else this.end(1000, 'terminated')
  }

  /** The older protocol, which gqlgen prefers where a client offers both. The fake only acknowledges it. */
  #legacy(message: Message | undefined): void {
    if (message?.['type'] !== 'connection_init') {
      this.end(1000, 'terminated')
      return
    }
    this.raw('{"type":"connection_ack"}\n')
    this.raw('{"type":"ka"}\n')
  }

  #first(message: Message | undefined): void {
    if (!isDecodable(message)) this.end(1002, 'decoding error')
    else if (message['type'] === 'connection_init') this.#acknowledge(message)
    else this.end(1002, 'unexpected message')
  }

  #acknowledge({ payload }: Message): void {
    this.#server.requestLog.lastConnectionInit = payload
    if (payload !== undefined && payload !== null && !isRecord(payload)) {
      // gqlgen returns from its handler here and abandons the socket, which stays open and silent.
      this.#state = 'abandoned'
      this.#socket.pause()
      return
    }
    this.#state = 'acknowledged'
    const { ackDelayMs } = this.#server.activeFaults.values
    const send = (): void => this.raw('{"type":"connection_ack"}\n')
    if (ackDelayMs === 0) send()
    else if (Number.isFinite(ackDelayMs)) this.#server.timers.after(ackDelayMs, send)
  }

  #handle(message: Message): void {
    const { type, id, payload } = message
    switch (type) {
      case 'connection_init':
        this.end(1002, 'unexpected message')
        break
      case 'ping':
        this.raw(`{${'payload' in message ? `"payload":${goJSON(payload)},` : ''}"type":"pong"}\n`)
        break
      case 'complete':
        this.#operations.get(id)?.at(-1)?.stop('completed')
        break
      case 'subscribe':
        // A null payload is a panic in gqlgen before v0.17.90.
        if (payload === null) this.end(1000, 'terminated')
        else this.#subscribe(id, payload)
        break
      default:
      // A pong needs no answer.
    }
  }

  #subscribe(id: unknown, payload: unknown): void {
    const request = readRequest(payload)
    if (!request) {
      this.#refuse(id, [{ message: 'invalid json' }])
      return
    }
    const prepared = prepare(this.#server.schema, request)
    if (!isPrepared(prepared)) {
      this.#refuse(id, prepared)
      return
    }
    const output = {
      send: (messages: readonly OperationMessage[]): void => this.#send(id, messages),
      room: () => this.#room(),
    }
    const operation: Operation = new Operation(output, prepared, () => this.#remove(id, operation))
    this.#operations.set(id, [...(this.#operations.get(id) ?? []), operation])
    this.#server.requestLog.operations++
    operation.start(this.#server.sources, this.#origin)
  }

  #refuse(id: unknown, errors: readonly WireError[]): void {
    this.#send(id, [{ type: 'error', payload: goJSON(errors) }, { type: 'complete' }])
  }

  #send(id: unknown, messages: readonly OperationMessage[]): void {
    const idAndComma = id === undefined ? '' : `"id":${goJSON(id)},`
    this.#tcp.cork()
    for (const { type, payload } of messages) {
      this.raw(`{${payload === undefined ? '' : `"payload":${payload},`}${idAndComma}"type":"${type}"}\n`)
    }
    this.#tcp.uncork()
  }

  #remove(id: unknown, operation: Operation): void {
    this.#server.requestLog.operations--
    const others = this.#operations.get(id)?.filter((other) => other !== operation) ?? []
    if (others.length > 0) this.#operations.set(id, others)
    else this.#operations.delete(id)
  }

  /** A copy: an operation that ends removes itself. */
  #allOperations(): readonly Operation[] {
    return [...this.#operations.values()].flat()
  }

  #stopAll(): void {
    for (const operation of this.#allOperations()) operation.stop('disconnected')
  }

  #closed(): void {
    this.#state = 'closed'
    this.#stopAll()
    this.#server.requestLog.openSockets--
    this.#server.liveChannels.remove(this)
  }
}

function textOf(data: RawData): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString()
  return (Array.isArray(data) ? Buffer.concat(data) : data).toString()
}
