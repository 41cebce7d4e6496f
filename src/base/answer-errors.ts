import { credentialsRefused } from './credentials-refused.ts'
import { changedError, type ErrorCode, type MesheryError } from './errors.ts'
import { type AnswerMeaning, errorOfAnswer, type HttpAnswer, type SentRequest } from './http-errors.ts'

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

/** A path without the slash at its end. */
const withoutSlash = ({ pathname }: URL): string => pathname.replace(/\/$/, '')

/**
 * What to do about a redirect to the same path at another address, which is no login; undefined for another redirect. A front
 * end may serve the path of the request under a path of its own.
 */
const movedRemedy = (from: URL, to: URL): string | undefined => {
  const path = withoutSlash(from)
  const asked = path.slice(Math.max(0, path.lastIndexOf('/api/')))
  const moved = withoutSlash(to)
  if (asked === '' || !moved.endsWith(asked)) return undefined
  const address = (url: URL, pathname: string): string => url.origin + pathname.slice(0, -asked.length)
  const next = address(to, moved)
  return next === address(from, path)
    ? 'Ask the operator of the front end not to redirect a path to itself, with a slash at its end or without.'
    : `Use ${next} as \`url\`.`
}

type ReadMeaning = (answer: HttpAnswer, sent: SentRequest) => AnswerMeaning | undefined

/** A body in an encoding that was not asked for cannot be read as it arrives. */
const ofContentEncoding: ReadMeaning = ({ status, headers }, { accept }) => {
  const contentEncoding = headers.get('content-encoding')
  if (status < 200 || status >= 300 || contentEncoding === null) return undefined
  return {
    code: accept === 'text/event-stream' ? 'TRANSPORT_UNAVAILABLE' : 'NOT_MESHERY',
    text: ` with the content encoding ${contentEncoding}, which was not asked for`,
    details: { contentEncoding },
    remedy: 'Ask the operator of the proxy or ingress in front of Meshery to switch off compression for it.',
  }
}

const ofRedirect: ReadMeaning = ({ status, headers }, { url }) => {
  const location = headers.get('location')
  if (status < 300 || status >= 400 || location === null || !URL.canParse(location, String(url))) return undefined
  const to = new URL(location, url)
  const from = new URL(url)
  const kind = redirectKind(from, to)
  const moved = kind === 'GATEWAY_LOGIN' ? movedRemedy(from, to) : undefined
  const code = moved === undefined ? kind : 'NOT_MESHERY'
  // The query of a login may hold what is secret.
  const target = `${to.protocol}//${to.host}${to.pathname}`
  return {
    code,
    text: `, a redirect to ${target}`,
    details: { location: target },
    ...(code === 'WRONG_SCHEME' && { remedy: `Use ${baseOf(to)} as \`url\`.` }),
    ...(moved !== undefined && { remedy: moved }),
  }
}

/** 511 is what a captive portal answers (RFC 6585). */
const ofCaptivePortal: ReadMeaning = ({ status }) =>
  status === 511
    ? {
        code: 'GATEWAY_LOGIN',
        text: ': the network requires a login (a captive portal)',
        remedy: 'Log in to the network: open any http:// page in a browser on this machine.',
      }
    : undefined

interface FrontEnd {
  readonly name: string
  readonly isRecognized: (answer: HttpAnswer, isRead: boolean) => boolean
  readonly remedy: string
}

/** Front ends that refuse with 403, by what only they send. */
const frontEnds: readonly FrontEnd[] = [
  {
    name: 'oauth2-proxy',
    isRecognized: ({ body }) => /\/oauth2\/(start|sign_in)/.test(body),
    remedy: 'Pass the cookie or the bearer token of a login at oauth2-proxy in `headers`, or use another address.',
  },
  {
    name: 'Cloudflare',
    // It puts its name into answers of Meshery too.
    isRecognized: ({ headers, body }, isRead) =>
      headers.has('cf-mitigated') ||
      /^error code: 1\d{3}/.test(body) ||
      (isRead && headers.get('server') === 'cloudflare'),
    remedy: 'Let the rules of Cloudflare pass this client, or pass the headers of a service token in `headers`.',
  },
  {
    name: 'Envoy',
    isRecognized: ({ body }) => body.startsWith('RBAC: access denied'),
    remedy: 'Allow this client in the authorization policy of Envoy or Istio, or pass what it requires in `headers`.',
  },
]

/** Meshery refuses a read with 302, 401 or 404, and with 403 only a change of events. */
const isRead = ({ method = 'GET' }: SentRequest): boolean => method === 'GET'

const ofFrontEnd: ReadMeaning = (answer, sent) => {
  if (answer.status !== 403) return undefined
  const found = frontEnds.find(({ isRecognized }) => isRecognized(answer, isRead(sent)))
  if (!found) return undefined
  return { code: 'GATEWAY_LOGIN', text: `: ${found.name} refuses the request`, remedy: found.remedy }
}

/** Meshery itself never sends WWW-Authenticate, so a gateway did. */
const ofGateway: ReadMeaning = ({ status, headers }) => {
  if (status === 407) return { code: 'GATEWAY_LOGIN' }
  const scheme = /^[\w-]{1,20}/.exec(headers.get('www-authenticate') ?? '')?.[0]
  if (status !== 401 || scheme === undefined) return undefined
  return { code: 'GATEWAY_LOGIN', text: `: a gateway asks for a login by ${scheme}` }
}

/** nginx ends the TLS handshake without a certificate of the client, and refuses the request. */
const ofClientCertificate: ReadMeaning = ({ status, body }) =>
  status === 400 && /SSL certificate/i.test(body)
    ? {
        code: 'GATEWAY_LOGIN',
        text: ': it requires a certificate of the client',
        remedy: 'Give a certificate that the server accepts, and its key, as `tls.cert` and `tls.key`.',
      }
    : undefined

/** The address of the server, without the path of the request. */
const baseOf = ({ origin, pathname }: URL): string =>
  origin + pathname.slice(0, Math.max(0, pathname.lastIndexOf('/api/')))

/** nginx, Apache and Go answer a request without TLS to a port with it. */
const ofTlsPort: ReadMeaning = ({ status, body }, { url }) =>
  status === 400 && /plain HTTP (request was sent )?to (an? )?(HTTPS|SSL)|HTTP request to an HTTPS/i.test(body)
    ? {
        code: 'WRONG_SCHEME',
        text: ': the port takes only https',
        remedy: `Use ${baseOf(new URL(url)).replace(/^(http|ws):/, '$1s:')} as \`url\`.`,
      }
    : undefined

/** Status codes in place of an upgrade that mean the same as for any other request. */
const meansTheSame = (status: number): boolean =>
  (status >= 500 && status !== 501) || [0, 401, 403, 408, 429].includes(status)

const withoutSubscriptions =
  'GraphQL subscriptions ended with v1.0.55. Only `subscribe` needs them: the other methods work over other `transports`.'

const ofRefusedUpgrade: ReadMeaning = ({ status, body }, { phase }) => {
  if (phase !== 'upgrade') return undefined
  if (/transport not supported/.test(body))
    return { code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true }, remedy: withoutSubscriptions }
  // gqlgen's words for an origin that it refuses.
  const refusesOrigin = /unable to upgrade/.test(body)
  return refusesOrigin || !meansTheSame(status) ? { code: 'TRANSPORT_UNAVAILABLE' } : undefined
}

/** What an answer means beyond its status; the first match counts. Browsers show none of this: neither redirects nor refused upgrades. */
const meanings: readonly ReadMeaning[] = [
  ofContentEncoding,
  ofRedirect,
  ofGateway,
  ofCaptivePortal,
  ofFrontEnd,
  ofClientCertificate,
  ofTlsPort,
  ofRefusedUpgrade,
]

/** The first line that is not blank, at most 200 characters of it. */
const firstLineOf = (body: string): string => (/\S[^\r\n]{0,199}/.exec(body)?.[0] ?? '').trim()

const meaningOf: ReadMeaning = (answer, sent) => {
  for (const read of meanings) {
    const meaning = read(answer, sent)
    if (meaning) return meaning
  }
  return undefined
}

/**
 * The error of an unexpected HTTP response, with its remedy; the same for upgrades, SSE and REST.
 *
 * `details.status` is always there; `details.retryAfter` (milliseconds) when the server sent `Retry-After`;
 * `details.permanent` is true when the server itself reported that it has no such transport; `details.location` shows where
 * a redirect leads, without its query. The outcomes of refused credentials are those of Meshery's middlewares.go; the
 * error says which of them is missing or refused, and where it is from. `details.body` is the first line of a refused upgrade's body.
 */
export const answerError = (answer: HttpAnswer, asked: SentRequest): MesheryError => {
  const meaning = meaningOf(answer, asked)
  const refused = errorOfAnswer(answer, asked, meaning)
  const body = asked.phase === 'upgrade' ? firstLineOf(answer.body) : ''
  const error = body === '' ? refused : changedError(refused, { details: { ...refused.details, body } })
  if (error.code !== 'CREDENTIALS_REFUSED') return error
  if (answer.status === 403 && isRead(asked)) return ofUnknownFrontEnd(error, answer.headers)
  return asked.identity ? credentialsRefused(error, asked.identity) : error
}

/** A 403 to a read, by something that is not recognized. */
const ofUnknownFrontEnd = (error: MesheryError, headers: Headers): MesheryError => {
  const server = /^[\w.-]{1,30}/.exec(headers.get('server') ?? '')?.[0]
  const name = server === undefined ? 'what is in front of Meshery' : `\`${server}\` in front of Meshery`
  return changedError(error, {
    message: `${error.message} (Meshery answers no read with 403: ${name} refuses it)`,
    remedy:
      'Let the front end pass this client, or pass what it requires in `headers`. If it checks the login of Meshery: `mesheryctl system login`.',
  })
}
