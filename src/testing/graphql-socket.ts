import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { type Garbage, type LiveChannel, reset } from './channels.ts'
import { isRunnable, prepare, readRequest } from './document.ts'
import { goJSON } from './go.ts'
import type { WireError } from './graphql-errors.ts'
import { Operation, type Part } from './operation.ts'
import type { Origin } from './resolvers.ts'
import type { World } from './world.ts'

type Message = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const clientTypes = new Set(['connection_init', 'ping', 'pong', 'subscribe', 'complete'])

/**
 * One WebSocket, spoken to as gqlgen v0.17.85 speaks `graphql-transport-ws`: keys in the order payload, id, type, a
 * newline after each message, `complete` after `error`, and close codes that tell little.
 */
export class GraphqlSocket implements LiveChannel {
  readonly #socket: WebSocket
  readonly #tcp: Socket
  readonly #world: World
  readonly #origin: Origin
  /** By id, the newest last: gqlgen lets an id be used twice. */
  readonly #operations = new Map<unknown, Operation[]>()
  #state: 'new' | 'acknowledged' | 'abandoned' | 'over' = 'new'

  constructor(socket: WebSocket, tcp: Socket, world: World, origin: Origin) {
    this.#socket = socket
    this.#tcp = tcp
    this.#world = world
    this.#origin = origin
    world.book.openSockets++
    world.channels.add(this)
    socket.on('message', (data) => this.#receive(data))
    // Broken frames of a client end in `close`, like everything else that ends a socket.
    socket.on('error', () => {})
    socket.once('close', () => this.#closed())
  }

  cut(): void {
    reset(this.#tcp)
  }

  end(code: number, reason: string): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#stopAll()
    this.#socket.close(code, reason)
    // gqlgen closes the connection without waiting for the answer to its close frame.
    this.#world.connections.whenThawed(() => this.#tcp.end())
  }

  garbage(kind: Garbage, bytes: number): void {
    if (kind === 'binary') this.#socket.send(randomBytes(bytes))
    else if (kind === 'broken-json') this.raw('{"payload":{"data":')
    else if (kind === 'not-an-object') this.raw('[42]\n')
    else if (kind === 'unknown-id') this.raw('{"payload":{"data":null},"id":"of-nobody","type":"next"}\n')
    else for (const operations of this.#operations.values()) for (const operation of operations) operation.huge(bytes)
  }

  raw(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text)
  }

  /** Undefined when the socket has room; else resolves when it has, or is gone. */
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
    if (this.#state === 'abandoned' || this.#state === 'over') return
    const text = textOf(data)
    const message = parse(text)
    this.#world.book.message(message ?? text)
    const known = message !== undefined && clientTypes.has(String(message['type']))
    const sound = known && (message['id'] === undefined || typeof message['id'] === 'string')
    if (this.#socket.protocol !== 'graphql-transport-ws') {
      this.#legacy(message)
      return
    }
    if (this.#state === 'new') {
      if (!sound) this.end(1002, 'decoding error')
      else if (message['type'] === 'connection_init') this.#init(message)
      else this.end(1002, 'unexpected message')
      return
    }
    if (!sound) this.end(1000, 'terminated')
    else this.#handle(message)
  }

  /** The older protocol, which gqlgen prefers where both are offered. It is acknowledged, and no more. */
  #legacy(message: Message | undefined): void {
    if (message?.['type'] !== 'connection_init') {
      this.end(1000, 'terminated')
      return
    }
    this.raw('{"type":"connection_ack"}\n')
    this.raw('{"type":"ka"}\n')
  }

  #init({ payload }: Message): void {
    this.#world.book.lastConnectionInit = payload
    if (payload !== undefined && payload !== null && !isRecord(payload)) {
      // gqlgen returns from its handler here and forgets the socket, which stays open and silent.
      this.#state = 'abandoned'
      this.#socket.pause()
      return
    }
    this.#state = 'acknowledged'
    const delay = this.#world.script.ackDelay
    const acknowledge = (): void => this.raw('{"type":"connection_ack"}\n')
    if (delay === 0) acknowledge()
    else if (Number.isFinite(delay)) this.#world.timers.after(delay, acknowledge)
  }

  #handle(message: Message): void {
    const { type, id, payload } = message
    if (type === 'connection_init') this.end(1002, 'unexpected message')
    else if (type === 'ping')
      this.raw(`{${'payload' in message ? `"payload":${goJSON(payload)},` : ''}"type":"pong"}\n`)
    else if (type === 'complete') this.#operations.get(id)?.at(-1)?.stop('told')
    else if (type === 'subscribe' && payload === null) this.end(1000, 'terminated')
    else if (type === 'subscribe') this.#subscribe(id, payload)
  }

  #subscribe(id: unknown, payload: unknown): void {
    const request = readRequest(payload)
    if (!request) {
      this.#refuse(id, [{ message: 'invalid json' }])
      return
    }
    const prepared = prepare(this.#world.schema, request)
    if (!isRunnable(prepared)) {
      this.#refuse(id, prepared)
      return
    }
    const out = { send: (parts: readonly Part[]): void => this.#send(id, parts), room: () => this.#room() }
    const operation: Operation = new Operation(out, prepared, () => this.#over(id, operation))
    this.#operations.set(id, [...(this.#operations.get(id) ?? []), operation])
    this.#world.book.operations++
    operation.start(this.#world.sources, this.#origin)
  }

  #refuse(id: unknown, errors: readonly WireError[]): void {
    this.#send(id, [{ type: 'error', payload: goJSON(errors) }, { type: 'complete' }])
  }

  #send(id: unknown, parts: readonly Part[]): void {
    const rest = id === undefined ? '' : `"id":${goJSON(id)},`
    this.#tcp.cork()
    for (const { type, payload } of parts) {
      this.raw(`{${payload === undefined ? '' : `"payload":${payload},`}${rest}"type":"${type}"}\n`)
    }
    this.#tcp.uncork()
  }

  #over(id: unknown, operation: Operation): void {
    this.#world.book.operations--
    const others = this.#operations.get(id)?.filter((other) => other !== operation) ?? []
    if (others.length > 0) this.#operations.set(id, others)
    else this.#operations.delete(id)
  }

  #stopAll(): void {
    for (const operations of [...this.#operations.values()]) for (const operation of operations) operation.stop('gone')
  }

  #closed(): void {
    this.#state = 'over'
    this.#stopAll()
    this.#world.book.openSockets--
    this.#world.channels.remove(this)
  }
}

function textOf(data: RawData): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString()
  return (Array.isArray(data) ? Buffer.concat(data) : data).toString()
}

function parse(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return isRecord(message) ? message : undefined
  } catch {
    // Not JSON: the caller closes the socket for it.
    return undefined
  }
}
