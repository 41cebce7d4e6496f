import { type ErrorCode, type ErrorPhase, MesheryError, unfold } from './errors.ts'

/** Which error a network layer meant by what it threw. */
interface NetworkErrorRule {
  /** Tested against the code, a space, and the text. */
  readonly pattern: RegExp
  readonly code: ErrorCode
  /** Where it arises, if that follows from the error. Default: where the caller was. */
  readonly phase?: ErrorPhase
  /** What to do, if the error code alone does not say. */
  readonly remedy?: string
}

/** The codes of Node's sockets, its HTTP parser, undici and `ws`. The first match counts. */
const rules: readonly NetworkErrorRule[] = [
  // The resolver did not find the name, or did not answer.
  { pattern: /^(ENOTFOUND|EAI_)/, code: 'HOST_UNKNOWN', phase: 'dns' },
  // The host answered that nothing listens on the port.
  { pattern: /^ECONNREFUSED/, code: 'CONNECTION_REFUSED', phase: 'tcp' },
  // No route, no local address, a firewall, or no answer to the connect.
  {
    pattern: /^(E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|EACCES|EPERM|UND_ERR_CONNECT_)|^ETIMEDOUT.* connect/,
    code: 'UNREACHABLE',
    phase: 'tcp',
  },
  // TCP was accepted and closed again, as a load balancer without a server behind it does.
  { pattern: /before secure TLS/, code: 'UNREACHABLE', phase: 'tls' },
  // A plain HTTP server answered the TLS handshake.
  { pattern: /wrong version number|packet length too long/i, code: 'WRONG_SCHEME', phase: 'tls' },
  // Certificates that a person can correct in one way only.
  {
    pattern: /^CERT_HAS_EXPIRED/,
    code: 'TLS_REFUSED',
    phase: 'tls',
    remedy: 'Renew the certificate of the server, and check the clock of this machine.',
  },
  { pattern: /^CERT_NOT_YET_VALID/, code: 'TLS_REFUSED', phase: 'tls', remedy: 'Check the clock of this machine.' },
  {
    pattern: /^ERR_TLS_CERT_ALTNAME_INVALID/,
    code: 'TLS_REFUSED',
    phase: 'tls',
    remedy: 'Use a host in `url` that the certificate of the server names.',
  },
  // OpenSSL and Node refused the certificate or the handshake.
  {
    pattern: /^(\w*CERT|ERR_(SSL|TLS)|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/,
    code: 'TLS_REFUSED',
    phase: 'tls',
  },
  // `ws` received a frame that breaks the WebSocket protocol.
  { pattern: /^WS_ERR/, code: 'BAD_FRAME', phase: 'stream' },
  // The body is not in the content encoding that the response names.
  { pattern: /^(Z_|ERR_\w*ERROR_FORMAT)/, code: 'BAD_FRAME' },
  // The server speaks HTTP, but breaks off in it, or its headers overflow.
  { pattern: /^HPE_(HEADER_OVERFLOW|\w*(CHUNK|LENGTH|ENCODING))/, code: 'BAD_FRAME' },
  // The server does not speak HTTP.
  { pattern: /^HPE_/, code: 'NOT_MESHERY' },
  // `ws` got a 101 that is no valid answer to its upgrade.
  { pattern: /subprotocol|Invalid (Upgrade|Sec-WebSocket)/, code: 'TRANSPORT_UNAVAILABLE', phase: 'upgrade' },
  // No response headers came in time.
  { pattern: /^UND_ERR_HEADERS_T|^ TimeoutError/, code: 'TIMED_OUT' },
  // The body stopped.
  { pattern: /^UND_ERR_BODY_T/, code: 'CONNECTION_SILENT' },
  // The caller aborted.
  { pattern: /^ AbortError/, code: 'CLOSED', remedy: 'Nothing: it was aborted on purpose.' },
  // Any other code: ECONNRESET, EPIPE, UND_ERR_SOCKET and the like end a connection.
  { pattern: /^[A-Z]/, code: 'CONNECTION_LOST' },
]

const field = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

const trimmedText = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** The code of the platform, such as `ECONNRESET`; empty if there is none. */
const codeIn = (errors: readonly unknown[]): string =>
  errors.map((error) => trimmedText(field(error, 'code'))).find((code) => code !== '') ?? ''

/**
 * What the innermost errors say; empty if they say nothing. The outer texts ("fetch failed", or none at all for an
 * AggregateError) add nothing.
 */
const textIn = (errors: readonly unknown[]): string => {
  const innermost = errors.filter((error) => unfold(error).length === 1)
  const texts = innermost.map((error) => trimmedText(field(error, 'message')) || trimmedText(error))
  return [...new Set(texts.filter((text) => text !== ''))].join('; ')
}

/** The text that the rules are tested against. */
const subjectOf = (thrown: unknown, code: string, text: string): string => {
  const name = trimmedText(field(thrown, 'name'))
  return code === '' && /^(Abort|Timeout)Error$/.test(name) ? ` ${name}` : `${code} ${text}`
}

/** For an error that no rule knows, such as those of browsers, which hide the reason. */
const ruleFor = (phase: ErrorPhase): Pick<NetworkErrorRule, 'code' | 'phase' | 'remedy'> => ({
  code: phase === 'stream' ? 'CONNECTION_LOST' : 'UNREACHABLE',
})

/**
 * The error for what a network layer threw, with its remedy: from Node's sockets, `ws`, any `fetch`, browsers' events.
 *
 * `details.code` is the code of the platform, such as `ECONNRESET`, where there is one.
 * @param phase Where it arose as far as the caller knows; `dns`, `tcp` and `tls` follow from the error itself.
 * @param address What could not be reached, for people: without a query.
 */
export const networkError = (thrown: unknown, phase: ErrorPhase, address: string): MesheryError => {
  if (thrown instanceof MesheryError) return thrown
  // An event of a WebSocket holds its error.
  const errors = unfold(field(thrown, 'error') ?? thrown)
  const code = codeIn(errors)
  const text = textIn(errors) || code || 'no reason is shown'
  const subject = subjectOf(thrown, code, text)
  const certificate = field(thrown, 'certificate')
  const rule = rules.find(({ pattern }) => pattern.test(subject)) ?? ruleFor(phase)
  const remedy = rule.code === 'WRONG_SCHEME' ? withoutTls(address) : rule.remedy
  return new MesheryError(rule.code, `${address}: ${text}`, {
    phase: rule.phase ?? phase,
    cause: thrown,
    details: { ...(code !== '' && { code }), ...(certificate !== undefined && { certificate }) },
    ...(remedy !== undefined && { remedy }),
  })
}

const withoutTls = (address: string): string =>
  `Use ${address.replace(/^(http|ws)s/, '$1')}: what answers there speaks no TLS.`
