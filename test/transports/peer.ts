import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { until } from './rig.ts'

export interface Message {
  readonly type?: string
  readonly id?: string
  readonly payload?: unknown
}

/** One connection as the peer sees it. */
export class Caller {
  readonly socket: WebSocket
  readonly tcp: Socket
  readonly received: Message[] = []
  closed: { code: number } | undefined

  constructor(socket: WebSocket, tcp: Socket) {
    this.socket = socket
    this.tcp = tcp
  }

  /** Sends messages in one piece, so that they are read in one go. */
  say(...messages: (Message | string)[]): void {
    this.tcp.cork()
    for (const one of messages) this.socket.send(typeof one === 'string' ? one : JSON.stringify(one))
    this.tcp.uncork()
  }

  next(id: string | undefined, data: unknown): Message {
    return { type: 'next', ...(id !== undefined && { id }), payload: { data } }
  }

  of(type: string): Message[] {
    return this.received.filter((one) => one.type === type)
  }

  /** The ids of the operations, once so many have begun. */
  async ids(count: number): Promise<string[]> {
    await until(() => this.of('subscribe').length >= count)
    return this.of('subscribe').map(({ id }) => id ?? '')
  }
}

export interface Peer extends AsyncDisposable {
  readonly url: string
  readonly callers: Caller[]
  readonly upgrades: IncomingMessage[]
  /** The newest connection, when there are so many and it has said hello. */
  caller(count?: number): Promise<Caller>
}

export interface Manners {
  /** Default true. */
  readonly acks?: boolean
  /** Whether pings are answered, or `bare`: without their payload. Default true. */
  readonly pongs?: boolean | 'bare'
  /** Chooses the sub-protocol. Default: the first that is offered. */
  readonly choose?: () => string | false
}

/** A WebSocket server that acknowledges and answers pings, and leaves the rest to the test. */
export const startPeer = async ({ acks = true, pongs = true, choose }: Manners = {}): Promise<Peer> => {
  const http = createServer()
  const sockets = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    ...(choose && { handleProtocols: choose }),
  })
  const callers: Caller[] = []
  const upgrades: IncomingMessage[] = []
  const open = new Set<Socket>()
  http.on('connection', (socket) => open.add(socket))
  sockets.on('connection', (socket, request) => {
    const caller = new Caller(socket, request.socket)
    callers.push(caller)
    upgrades.push(request)
    socket.on('error', () => {})
    socket.on('close', (code) => {
      caller.closed = { code }
    })
    socket.on('message', (data) => {
      const message: Message = JSON.parse(String(data))
      caller.received.push(message)
      if (message.type === 'connection_init' && acks) caller.say({ type: 'connection_ack' })
      if (message.type === 'ping' && pongs)
        caller.say({ type: 'pong', ...(pongs === true && 'payload' in message && { payload: message.payload }) })
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    callers,
    upgrades,
    async caller(count = 1) {
      await until(() => (callers[count - 1]?.received.length ?? 0) > 0)
      const caller = callers[count - 1]
      if (!caller) throw new Error('no caller')
      return caller
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      sockets.close()
      http.close()
      await once(http, 'close')
    },
  }
}
