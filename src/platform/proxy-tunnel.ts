import { request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'
import type { Socket } from 'node:net'
import { basicAuthorization } from '../base/basic-authorization.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { hostOf, portOf } from './host.ts'
import type { HttpProxy } from './proxy-rules.ts'

export interface TunnelTarget {
  readonly host: string
  readonly port: number
  /** How long the proxy may take, in milliseconds. */
  readonly timeoutMs: number
  /** Certificate authorities for a proxy that is reached over https. */
  readonly ca?: string[] | undefined
}

/** The name and password of the proxy, as its header. */
export const proxyAuthorization = ({ url }: HttpProxy): Record<string, string> => {
  const authorization = basicAuthorization(url)
  return authorization === undefined ? {} : { 'proxy-authorization': authorization }
}

/** The error of a proxy's answer: to a CONNECT, or a 407 in place of the server's. */
export const proxyRefusal = (
  proxy: HttpProxy,
  { statusCode = 0, statusMessage = '' }: IncomingMessage,
): MesheryError => {
  // The proxy could not reach the server: that may pass.
  const isAway = statusCode >= 502 && statusCode <= 504
  const message = `The proxy ${proxy.address} (${proxy.source}) answers ${statusCode} ${statusMessage}`.trim()
  return new MesheryError(isAway ? 'UNREACHABLE' : 'PROXY_REFUSED', message, {
    phase: 'proxy',
    remedy: remedyOf(proxy, statusCode, isAway),
    details: { status: statusCode, proxy: proxy.address },
  })
}

function remedyOf({ source }: HttpProxy, status: number, isAway: boolean): string {
  if (status === 407)
    return `Put the user and the password of the proxy into ${source}: http://user:password@host:port.`
  if (isAway) return 'Check that the proxy can reach Meshery, or name its host in NO_PROXY.'
  return 'Let the proxy allow CONNECT to the host and port of Meshery, or name its host in NO_PROXY.'
}

/** The error of a connection to the proxy that failed. */
export const proxyError = (proxy: HttpProxy, thrown: unknown): MesheryError => {
  const { code, message, retryable, details, cause } = networkError(thrown, 'proxy', `The proxy ${proxy.address}`)
  return new MesheryError(code, `${message} (${proxy.source})`, {
    phase: 'proxy',
    retryable,
    remedy: `Check the proxy in ${proxy.source}, or name the host of Meshery in NO_PROXY.`,
    details: { ...details, proxy: proxy.address },
    cause,
  })
}

/** A tunnel that is being opened. */
export interface OpeningTunnel {
  /** The connection to the target. Rejects with the error of the proxy. */
  readonly socket: Promise<Socket>
  /** Gives up. */
  cancel(): void
}

/** Opens a tunnel by CONNECT. */
export function openTunnel(proxy: HttpProxy, { host, port, timeoutMs, ca }: TunnelTarget): OpeningTunnel {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const request = (proxy.url.protocol === 'https:' ? https : http)({
    host: hostOf(proxy.url),
    port: portOf(proxy.url),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    agent: false,
    ...(ca && { ca }),
  })
  const late = (): void => {
    const message = `The proxy ${proxy.address} (${proxy.source}) did not answer within ${timeoutMs} ms (\`timeouts.connect\`)`
    request.destroy(new MesheryError('TIMED_OUT', message, { phase: 'proxy', details: { proxy: proxy.address } }))
  }
  const timer = setTimeout(late, timeoutMs)
  timer.unref()
  const socket = new Promise<Socket>((resolve, reject) => {
    request.on('connect', (answer, connection: Socket) => {
      const { statusCode = 0 } = answer
      if (statusCode >= 200 && statusCode < 300) return resolve(connection)
      connection.destroy()
      reject(proxyRefusal(proxy, answer))
    })
    request.on('error', (error) => reject(error instanceof MesheryError ? error : proxyError(proxy, error)))
    request.on('close', () => clearTimeout(timer))
  })
  request.on('socket', (connection) => connection.unref())
  request.end()
  return { socket, cancel: () => request.destroy() }
}
