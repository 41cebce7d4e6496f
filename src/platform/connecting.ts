import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import { hostOf } from './host.ts'
import type { RawSocket } from './platform.ts'

/** What is under way before the request is sent; undefined once the connection is there. */
export type Connecting = RawSocket['pending']

/** A request that is about to connect. */
export interface ConnectingRequest {
  readonly request: ClientRequest
  readonly url: URL
  /** How it reaches the server: by itself, by a tunnel that is made before the request gets its socket, or by a proxy that takes the request. */
  readonly way: 'direct' | 'tunnel' | 'proxy'
}

/** Calls `report` with each phase that a connection enters. */
export function watchConnecting(
  { request, url, way }: ConnectingRequest,
  report: (connecting: Connecting) => void,
): void {
  const direct = isIP(hostOf(url)) ? 'tcp' : 'dns'
  const connected = (): void => report(/^(https|wss):$/.test(url.protocol) ? 'tls' : undefined)
  report(way === 'direct' ? direct : 'proxy')
  request.once('socket', (socket) => {
    if (request.reusedSocket) {
      report(undefined)
      return
    }
    if (way === 'tunnel') connected()
    if (way === 'direct') socket.once('lookup', () => report('tcp'))
    socket.once('connect', connected)
    socket.once('secureConnect', () => report(undefined))
  })
}
