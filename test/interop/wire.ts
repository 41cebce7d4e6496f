import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from './gqlgen.ts'

export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A bare socket that speaks graphql-transport-ws by hand and records what it receives. */
export class Wire implements AsyncDisposable {
  readonly socket: WebSocket
  readonly received: Message[] = []
  closed: { readonly code: number; readonly reason: string } | undefined

  constructor(
    url: string,
    protocols: string | string[] = 'graphql-transport-ws',
    headers: Record<string, string> = {},
  ) {
    this.socket = new WebSocket(url, protocols, { headers })
    this.socket.on('message', (data) => this.received.push(JSON.parse(data.toString()) as Message))
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
    })
  }

  /** Opens, and initialises unless `init` is false. */
  static async open(url: string, init = true, headers: Record<string, string> = {}): Promise<Wire> {
    const wire = new Wire(url, undefined, headers)
    await once(wire.socket, 'open')
    if (init) {
      wire.send({ type: 'connection_init' })
      await wire.next((message) => message.type === 'connection_ack')
    }
    return wire
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  subscribe(id: string, query: string, variables?: object): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } })
  }

  /** The first message of this kind, already received or to come. */
  async next(wanted: (message: Message) => boolean): Promise<Message> {
    return until('such a message', () => this.received.find(wanted))
  }

  /** The received messages of one operation. */
  of(id: string): Message[] {
    return this.received.filter((message) => message.id === id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await until('closed', () => this.closed)
  }
}
