import type { SentIdentity } from './credentials-refused.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from './errors.ts'
import { readRetryAfter } from './retry-after.ts'

/** The part of an HTTP response that shows why something was refused. */
export interface HttpAnswer {
  /** The status code; 0 for a redirect that a browser hides. */
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body, at most 64 kB. */
  readonly body: string
}

/** The request that got an unexpected response. */
export interface SentRequest {
  /** The address that answered. Its query never gets into an error. */
  readonly url: string | URL
  /** Where the error belongs. `upgrade` means that a WebSocket was wanted. */
  readonly phase: ErrorPhase
  /** Whether a token was sent. */
  readonly token: boolean
  /** The identity that was sent, where it is known. */
  readonly identity?: SentIdentity
  /** The content type that was wanted. `text/event-stream` means that an SSE stream was wanted. Default JSON. */
  readonly accept?: string
  /** Default `GET`. */
  readonly method?: string
}

/** What a response means, where its status alone does not show it. */
export interface AnswerMeaning {
  readonly code: ErrorCode
  readonly remedy?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Shown in place of the server's own text. */
  readonly text?: string
}

/** The server's own text: that of a JSON error, or the beginning of a plain text, never a page. */
const serverText = (body: string): string => {
  const [, quoted] = /"(?:error|message)"\s*:\s*"((?:[^"\\]|\\.){1,200})/.exec(body) ?? []
  const text = (quoted ?? body).slice(0, 200).replace(/[\s\p{C}]+/gu, ' ')
  return /^\s*(<|$)/.test(text) ? '' : `: ${text.trim()}`
}

const kindOf = ({ status, headers, body }: HttpAnswer, { accept, method, token }: SentRequest): ErrorCode => {
  const sse = accept === 'text/event-stream'
  // Without a token, the login of a remote provider answers a POST with 404 (middlewares.go).
  if ([0, 401, 403].includes(status) || (status === 404 && method === 'POST' && !token)) return 'CREDENTIALS_REFUSED'
  if (status === 429) return 'RATE_LIMITED'
  if (status === 408 || (status >= 500 && !(sse && /streaming unsupported/.test(body)))) return 'SERVER_ERROR'
  if (sse) return 'TRANSPORT_UNAVAILABLE'
  const page = /html/i.test(headers.get('content-type') ?? '') || /^\s*</.test(body)
  return status >= 400 && status !== 404 && !page ? 'SERVER_ERROR' : 'NOT_MESHERY'
}

/**
 * The error of an unexpected HTTP response, by its status, or by what else it is known to mean.
 *
 * `details.status` is always there; `details.retryAfter` (milliseconds) when the server sent `Retry-After`.
 */
export const errorOfAnswer = (answer: HttpAnswer, asked: SentRequest, meaning?: AnswerMeaning): MesheryError => {
  const { status, headers, body } = answer
  const { code, remedy, details, text: said }: AnswerMeaning = meaning ?? { code: kindOf(answer, asked) }
  const { host, pathname, protocol } = new URL(asked.url)
  const retryAfter = readRetryAfter(headers)
  const message = `${protocol}//${host}${pathname} answers ${status || 'a redirect'}${said ?? serverText(body)}`
  return new MesheryError(code, message, {
    phase: asked.phase,
    // A 4xx to a read stays what it is, however often it is asked.
    ...(code === 'SERVER_ERROR' && { retryable: status >= 500 || status === 408 }),
    ...(remedy !== undefined && { remedy }),
    details: { status, ...(retryAfter !== undefined && { retryAfter }), ...details },
  })
}
