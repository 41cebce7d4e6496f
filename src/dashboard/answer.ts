import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode, MesheryError } from '../base/errors.ts'
import type { Refusal } from './guard.ts'

/** For every answer: no other page may read it, show it in a frame, or learn the address of this one. */
const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** What is not the page itself runs nothing, even if a browser shows it: Meshery may answer with a page of its own. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** What the page may load: its own files, and data of its own origin. Nothing inline. */
const pagePolicy = ({ headers }: IncomingMessage): string =>
  [
    "default-src 'self'",
    // Not every browser counts a WebSocket of the same host as `self`.
    `connect-src 'self' ws://${headers.host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')

/** The headers of the page and its files. */
export const pageHeaders = (request: IncomingMessage): Record<string, string> => ({
  ...commonHeaders,
  'content-security-policy': pagePolicy(request),
})

/** The headers of everything else. */
export const dataHeaders: Readonly<Record<string, string>> = {
  ...commonHeaders,
  'content-security-policy': dataPolicy,
}

/** Answers with a sentence. */
export function refuse(
  response: ServerResponse,
  { status, text }: Refusal,
  more: Readonly<Record<string, string>> = {},
): void {
  // The connection ends with it: what is left of a body is not read.
  const headers = { ...dataHeaders, 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...more }
  response.writeHead(status, headers).end(`${text}\n`)
}

/** Answers a request for another protocol with a sentence. */
export function refuseUpgrade(socket: Duplex, { status, text }: Refusal): void {
  const headers = Object.entries({
    ...dataHeaders,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': `${Buffer.byteLength(text) + 1}`,
    connection: 'close',
  })
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${text}\n`)
}

/** The status for each error of a request to Meshery, where it is not that of Meshery's answer. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  CREDENTIALS_REFUSED: 401,
  GATEWAY_LOGIN: 401,
  // The command reads them again at the next request.
  CREDENTIALS_UNREADABLE: 503,
  RATE_LIMITED: 429,
  TIMED_OUT: 504,
}

/**
 * The answer for a request to Meshery that failed.
 * @param text What happened, and what to do about it.
 */
export const refusalOfError = ({ code, details }: MesheryError, text: string): Refusal => {
  const answered = Number(details['status'])
  return { status: statuses[code] ?? (answered >= 400 && answered <= 599 ? answered : 502), text }
}
