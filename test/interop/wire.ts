import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from './gqlgen.ts'

export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A bare socket that speaks graphql-transport-ws by hand and keeps what it hears. */
export class Wire implements AsyncDisposable {
  readonly socket: WebSocket
  readonly heard: Message[] = []
  closed: { readonly code: number; readonly reason: string } | undefined

  constructor(
    url: string,
    protocols: string | string[] = 'graphql-transport-ws',
    headers: Record<string, string> = {},
  ) {
    this.socket = new WebSocket(url, protocols, { headers })
    this.socket.on('message', (data) => this.heard.push(JSON.parse(data.toString()) as Message))
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
    })
  }

  /** Opens, and initialises unless told not to. */
  static async open(url: string, init = true, headers: Record<string, string> = {}): Promise<Wire> {
    const wire = new Wire(url, undefined, headers)
    await once(wire.socket, 'open')
    if (init) {
      wire.send({ type: 'connection_init' })
      await wire.hear((message) => message.type === 'connection_ack')
    }
    return wire
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message))
  }

  subscribe(id: string, query: string, variables?: object): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } })
  }

  /** The first message, heard or to be heard, of this kind. */
  async hear(wanted: (message: Message) => boolean): Promise<Message> {
    return until('such a message', () => this.heard.find(wanted))
  }

  /** What was heard of one operation, as `type` or `type payload`. */
  of(id: string): Message[] {
    return this.heard.filter((message) => message.id === id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await until('closed', () => this.closed)
  }
}
