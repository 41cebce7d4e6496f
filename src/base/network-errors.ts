import { credentialsRefused } from './credentials-refused.ts'
import { type ErrorCode, type ErrorPhase, MesheryError, unfold } from './errors.ts'
import { type AnswerMeaning, errorOfAnswer, type HttpAnswer, type SentRequest } from './http-errors.ts'

/** First match wins. Tested against the code, a space, and the text of what was thrown. */
const troubles: readonly (readonly [RegExp, ErrorCode, ErrorPhase?])[] = [
  [/^(ENOTFOUND|EAI_)/, 'HOST_UNKNOWN', 'dns'],
  [/^ECONNREFUSED/, 'CONNECTION_REFUSED', 'tcp'],
  [
    /^(E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|EACCES|EPERM|UND_ERR_CONNECT_)|^ETIMEDOUT.* connect/,
    'UNREACHABLE',
    'tcp',
  ],
  [/before secure TLS/, 'UNREACHABLE', 'tls'],
  [/wrong version number|packet length too long/i, 'WRONG_SCHEME', 'tls'],
  [/^(\w*CERT|ERR_(SSL|TLS)|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/, 'TLS_REFUSED', 'tls'],
  [/^WS_ERR/, 'BAD_FRAME', 'stream'],
  // Bytes that are not in the content encoding that the answer names.
  [/^(Z_|ERR_\w*ERROR_FORMAT)/, 'BAD_FRAME'],
  // What speaks HTTP, but breaks off or overflows in it.
  [/^HPE_(HEADER_OVERFLOW|\w*(CHUNK|LENGTH|ENCODING))/, 'BAD_FRAME'],
  [/^HPE_/, 'NOT_MESHERY'],
  [/subprotocol|Invalid (Upgrade|Sec-WebSocket)/, 'TRANSPORT_UNAVAILABLE', 'upgrade'],
  [/^UND_ERR_HEADERS_T|^ TimeoutError/, 'TIMED_OUT'],
  [/^UND_ERR_BODY_T/, 'CONNECTION_SILENT'],
  [/^ AbortError/, 'CLOSED'],
  [/^[A-Z]/, 'CONNECTION_LOST'],
]

/** What to do, where the code alone does not say it. */
const remedies: ReadonlyMap<string, string> = new Map(
  Object.entries({
    CLOSED: 'Nothing: it was aborted on purpose.',
    CERT_HAS_EXPIRED: 'Renew the certificate of the server, and check the clock of this machine.',
    CERT_NOT_YET_VALID: 'Check the clock of this machine.',
    ERR_TLS_CERT_ALTNAME_INVALID: 'Use a host in `url` that the certificate of the server names.',
  }),
)

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/**
 * The error for what a network layer threw, with its remedy: from Node's sockets, `ws`, any `fetch`, browsers' events.
 *
 * `details.code` is the code of the platform, such as `ECONNRESET`, where there is one.
 * @param phase Where it arose as far as the caller knows; `dns`, `tcp` and `tls` are found out from the error itself.
 * @param address What could not be reached, for people: without a query.
 */
export const networkError = (error: unknown, phase: ErrorPhase, address: string): MesheryError => {
  if (error instanceof MesheryError) return error
  const all = unfold(field(error, 'error') ?? error)
  const code = all.map((one) => textOf(field(one, 'code'))).find((one) => one !== '') ?? ''
  // The outer texts ("fetch failed", or none at all for an AggregateError) say nothing when there are inner ones.
  const inner = all.filter((one) => unfold(one).length === 1)
  const texts = inner.map((one) => textOf(field(one, 'message')) || textOf(one)).filter((one) => one !== '')
  const text = [...new Set(texts)].join('; ') || code || 'no reason is shown'
  const name = textOf(field(error, 'name'))
  const subject = code === '' && /^(Abort|Timeout)Error$/.test(name) ? ` ${name}` : `${code} ${text}`
  const found = troubles.find(([pattern]) => pattern.test(subject))
  const kind = found?.[1] ?? (phase === 'stream' ? 'CONNECTION_LOST' : 'UNREACHABLE')
  const plain = `Use ${address.replace(/^(http|ws)s/, '$1')}: what answers there speaks no TLS.`
  const certificate = field(error, 'certificate')
  const remedy = kind === 'WRONG_SCHEME' ? plain : (remedies.get(code) ?? remedies.get(kind))
  return new MesheryError(kind, `${address}: ${text}`, {
    phase: found?.[2] ?? phase,
    cause: error,
    details: { ...(code !== '' && { code }), ...(certificate !== undefined && { certificate }) },
    ...(remedy !== undefined && { remedy }),
  })
}

/** Where a redirect leads: to a login at Meshery or its provider, to https, or to the login of a gateway. */
const redirectKind = (from: URL, to: URL): ErrorCode => {
  if (/\/login\/?$/.test(to.pathname) && to.searchParams.has('source')) return 'CREDENTIALS_REFUSED'
  if (from.hostname !== to.hostname) return 'GATEWAY_LOGIN'
  if (from.protocol === 'http:' && to.protocol === 'https:') return 'WRONG_SCHEME'
  // With an anonymous provider, Meshery sets a fresh `token` and sends on to /extension (middlewares.go).
  return /\/(provider|auth\/login|user\/login|extension.*)\/?$/.test(to.pathname)
    ? 'CREDENTIALS_REFUSED'
    : 'GATEWAY_LOGIN'
}

/** What an answer means beyond its status. Browsers show none of this: neither redirects nor refused upgrades. */
const meaningOf = (
  { status, headers, body }: HttpAnswer,
  { url, phase, accept }: SentRequest,
): AnswerMeaning | undefined => {
  const contentEncoding = headers.get('content-encoding')
  if (status >= 200 && status < 300 && contentEncoding !== null)
    return {
      code: accept === 'text/event-stream' ? 'TRANSPORT_UNAVAILABLE' : 'NOT_MESHERY',
      text: ` with the content encoding ${contentEncoding}, which was not asked for`,
      details: { contentEncoding },
      remedy: 'Ask the operator of the proxy or ingress in front of Meshery to switch off compression for it.',
    }
  const location = headers.get('location')
  if (status >= 300 && status < 400 && location !== null && URL.canParse(location, String(url))) {
    const to = new URL(location, url)
    const code = redirectKind(new URL(url), to)
    // The query of a login may hold what is secret.
    const target = `${to.protocol}//${to.host}${to.pathname}`
    return {
      code,
      text: `, a redirect to ${target}`,
      details: { location: target },
      ...(code === 'WRONG_SCHEME' && { remedy: `Use ${to.origin} as \`url\`.` }),
    }
  }
  // Meshery itself never sends WWW-Authenticate.
  if (status === 407 || (status === 401 && headers.has('www-authenticate'))) return { code: 'GATEWAY_LOGIN' }
  if (phase !== 'upgrade') return undefined
  if (/transport not supported/.test(body)) return { code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true } }
  // gqlgen's words for an origin that it refuses.
  if (/unable to upgrade/.test(body) || status === 501) return { code: 'TRANSPORT_UNAVAILABLE' }
  const isKnown = [0, 401, 403, 408, 429].includes(status) || status >= 500
  return isKnown ? undefined : { code: 'TRANSPORT_UNAVAILABLE' }
}

/**
 * The error of an unexpected HTTP response, with its remedy; the same for upgrades, SSE and REST.
 *
 * `details.status` is always there; `details.retryAfter` (milliseconds) when the server sent `Retry-After`;
 * `details.permanent` is true when the server itself reported that it has no such transport; `details.location` tells where
 * a redirect leads, without its query. The outcomes of refused credentials are those of Meshery's middlewares.go; the
 * error says which of them is missing or refused, and where it is from.
 */
export const answerError = (answer: HttpAnswer, asked: SentRequest): MesheryError => {
  const error = errorOfAnswer(answer, asked, meaningOf(answer, asked))
  return error.code === 'CREDENTIALS_REFUSED' && asked.identity ? credentialsRefused(error, asked.identity) : error
}
