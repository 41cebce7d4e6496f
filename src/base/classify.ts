import { type ErrorCode, type ErrorPhase, MesheryError } from './errors.ts'

/** An HTTP answer, as far as it tells why something was refused. */
export interface HttpAnswer {
  /** The status code; 0 for a redirect that a browser hides. */
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body, at most 64 kB. */
  readonly body: string
}

/** What was asked for when an answer came that was not wanted. */
export interface Asked {
  /** The address that answered. Its query never gets into an error. */
  readonly url: string | URL
  /** Where the error belongs. `upgrade` means that a WebSocket was wanted. */
  readonly phase: ErrorPhase
  /** Whether a token was sent. */
  readonly token: boolean
  /** The content type that was wanted. `text/event-stream` means that an SSE stream was wanted. Default JSON. */
  readonly accept?: string
  /** Default `GET`. */
  readonly method?: string
}

/** The longest `Retry-After` that is obeyed, 24 hours, in milliseconds: timers overflow at 25 days. */
const longestWait = 86_400_000

/** First match wins. Tested against the code, a space, and the text of what was thrown. */
const troubles: readonly (readonly [RegExp, ErrorCode, ErrorPhase?])[] = [
  [/^(ENOTFOUND|EAI_)/, 'HOST_UNKNOWN', 'dns'],
  [/^ECONNREFUSED/, 'CONNECTION_REFUSED', 'tcp'],
  [
    /^(E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|EACCES|EPERM|UND_ERR_CONNECT)|^ETIMEDOUT.* connect/,
    'UNREACHABLE',
    'tcp',
  ],
  [/before secure TLS/, 'UNREACHABLE', 'tls'],
  [/wrong version number|packet length too long/i, 'WRONG_SCHEME', 'tls'],
  [/^(\w*CERT|ERR_(SSL|TLS)|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/, 'TLS_REFUSED', 'tls'],
  [/^WS_ERR/, 'BAD_FRAME', 'stream'],
  [/^HPE_/, 'NOT_MESHERY'],
  [/subprotocol|Invalid (Upgrade|Sec-WebSocket)/, 'TRANSPORT_UNAVAILABLE', 'upgrade'],
  [/^UND_ERR_HEADERS_T|^ TimeoutError/, 'TIMED_OUT'],
  [/^UND_ERR_BODY_T/, 'CONNECTION_SILENT'],
  [/^ AbortError/, 'CLOSED'],
  [/^[A-Z]/, 'CONNECTION_LOST'],
]

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const nonEmpty = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** An error, what it joins and what caused it, the outermost first. Five deep, since causes may go in a circle. */
export const unfold = (error: unknown, depth = 0): unknown[] => {
  const joined = field(error, 'errors')
  const inner = Array.isArray(joined) && joined.length > 0 ? joined : [field(error, 'cause')]
  return [error, ...inner.flatMap((one) => (one === undefined || depth > 4 ? [] : unfold(one, depth + 1)))]
}

/**
 * What a network layer threw, as the error that says what to do: from Node's sockets, `ws`, any `fetch`, browsers' events.
 *
 * @param phase Where it arose as far as the caller knows; `dns`, `tcp` and `tls` are found out from the error itself.
 * @param address What could not be reached, for people: without a query.
 */
export const networkError = (error: unknown, phase: ErrorPhase, address: string): MesheryError => {
  if (error instanceof MesheryError) return error
  const all = unfold(field(error, 'error') ?? error)
  const codes = all.map((one) => nonEmpty(field(one, 'code')))
  const code = codes.find((one) => one !== '') ?? ''
  // The outer texts ("fetch failed", or none at all for an AggregateError) say nothing when there are inner ones.
  const inner = all.filter((one) => field(one, 'errors') === undefined && field(one, 'cause') === undefined)
  const texts = (inner.length > 0 ? inner : all).map((one) => nonEmpty(field(one, 'message')) || nonEmpty(one))
  const text = [...new Set(texts)].filter((one) => one !== '').join('; ') || code || 'no reason is shown'
  const subject =
    code === '' && /^(Abort|Timeout)Error$/.test(nonEmpty(field(error, 'name')))
      ? ` ${field(error, 'name')}`
      : `${code} ${text}`
  const found = troubles.find(([pattern]) => pattern.test(subject))
  const kind = found?.[1] ?? (phase === 'stream' ? 'CONNECTION_LOST' : 'UNREACHABLE')
  const remedy =
    kind === 'WRONG_SCHEME'
      ? `Use ${address.replace(/^(http|ws)s/, '$1')}: what answers there speaks no TLS.`
      : kind === 'CLOSED'
        ? 'Nothing: it was aborted on purpose.'
        : code === 'CERT_HAS_EXPIRED'
          ? 'Renew the certificate of the server, and check the clock of this machine.'
          : code === 'ERR_TLS_CERT_ALTNAME_INVALID'
            ? 'Use a host in `url` that the certificate of the server names.'
            : undefined
  return new MesheryError(kind, `${address}: ${text}`, {
    phase: found?.[2] ?? phase,
    cause: error,
    details: code === '' ? {} : { code },
    ...(remedy !== undefined && { remedy }),
  })
}

/** `Retry-After` in milliseconds: seconds, or a date that is measured by the clock of the server where it tells. */
const retryAfter = (headers: Headers): { retryAfter?: number } => {
  const text = nonEmpty(headers.get('retry-after'))
  const now = Date.parse(headers.get('date') ?? '') || Date.now()
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? {} : { retryAfter: Math.min(Math.max(wait, 0), longestWait) }
}

/** What the server itself says: the text of a JSON error or the beginning of a plain text, never a page. */
const says = (body: string): string => {
  if (/^\s*</.test(body)) return ''
  const quoted = /"(?:error|message)"\s*:\s*"((?:[^"\\]|\\.){1,200})/.exec(body)
  const text = (quoted?.[1] ?? body).slice(0, 200).replace(/[\s\p{C}]+/gu, ' ')
  return text.trim() === '' ? '' : `: ${text.trim()}`
}

/** Whether a redirect asks for a login at Meshery or its provider, for https, or leads to a gateway's login. */
const redirectKind = (from: URL, to: URL): ErrorCode => {
  if (/\/login\/?$/.test(to.pathname) && to.searchParams.has('source')) return 'CREDENTIALS_REFUSED'
  if (from.hostname !== to.hostname) return 'GATEWAY_LOGIN'
  if (from.protocol === 'http:' && to.protocol === 'https:') return 'WRONG_SCHEME'
  // With an anonymous provider, Meshery sets a fresh `token` and sends on to /extension (middlewares.go).
  return /^\/(provider|auth\/login|user\/login|extension.*)\/?$/.test(to.pathname)
    ? 'CREDENTIALS_REFUSED'
    : 'GATEWAY_LOGIN'
}

const answerKind = ({ status, headers, body }: HttpAnswer, asked: Asked): ErrorCode => {
  const upgrade = asked.phase === 'upgrade'
  const sse = asked.accept === 'text/event-stream'
  if (upgrade && /unable to upgrade/.test(body)) return 'TRANSPORT_UNAVAILABLE'
  // Meshery itself never sends WWW-Authenticate.
  if (status === 407 || (status === 401 && headers.has('www-authenticate'))) return 'GATEWAY_LOGIN'
  if (status === 0 || status === 401 || status === 403) return 'CREDENTIALS_REFUSED'
  if (status === 404 && asked.method === 'POST' && !asked.token) return 'CREDENTIALS_REFUSED'
  if (status === 429) return 'RATE_LIMITED'
  if (sse && /streaming unsupported/.test(body)) return 'TRANSPORT_UNAVAILABLE'
  if ((status >= 500 && !(upgrade && status === 501)) || status === 408) return 'SERVER_ERROR'
  if (upgrade || sse) return 'TRANSPORT_UNAVAILABLE'
  const page = headers.get('content-type')?.includes('html') || /^\s*</.test(body)
  return status >= 400 && status !== 404 && !page ? 'SERVER_ERROR' : 'NOT_MESHERY'
}

/**
 * An HTTP answer that was not wanted, as the error that says what to do; alike for upgrades, SSE and REST.
 *
 * `details.status` is always there; `details.retryAfter` (milliseconds) when the server said when to come back;
 * `details.permanent` is true when the server itself said that it has no such transport; `details.location` tells where
 * a redirect leads, without its query. The outcomes of refused credentials are those of Meshery's middlewares.go.
 */
export const answerError = (answer: HttpAnswer, asked: Asked): MesheryError => {
  const { status, headers, body } = answer
  const from = new URL(asked.url)
  const where = from.origin === 'null' ? `${from.protocol}//${from.host}${from.pathname}` : from.origin + from.pathname
  const location = headers.get('location')
  const to =
    status >= 300 && status < 400 && location !== null && URL.canParse(location, from) && new URL(location, from)
  const code = to ? redirectKind(from, to) : answerKind(answer, asked)
  const target = to ? `${to.origin}${to.pathname}` : undefined
  const said = target === undefined ? says(body) : `, a redirect to ${target}`
  const reason = code === 'CREDENTIALS_REFUSED' && !asked.token ? ' (no token was sent)' : ''
  return new MesheryError(code, `${where} answers ${status || 'a redirect'}${said}${reason}`, {
    phase: asked.phase,
    // A 4xx to a read stays what it is, however often it is asked.
    ...(code === 'SERVER_ERROR' && { retryable: status >= 500 || status === 408 }),
    ...(code === 'WRONG_SCHEME' && to && { remedy: `Use ${to.origin} as \`url\`.` }),
    details: {
      status,
      ...(target !== undefined && { location: target }),
      ...retryAfter(headers),
      ...(/transport not supported/.test(body) && { permanent: true }),
    },
  })
}
