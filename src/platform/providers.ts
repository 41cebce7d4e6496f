import { isRecord } from '../base/checks.ts'
import { type SentIdentity, tokenSource } from '../base/credentials-refused.ts'
import { MesheryError } from '../base/errors.ts'
import { errorOfAnswer } from '../base/http-errors.ts'
import { networkError } from '../base/network-errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { isCookieValue } from '../credentials/cookie-value.ts'
import { beginning, wholeText } from './body.ts'
import type { HttpResponse, Platform, ProviderRequest } from './platform.ts'

const path = '/api/providers'

/**
 * Meshery lists its providers without a login, and redirects what it does not know, such as a path below one of its pages, to the
 * page where a provider is chosen.
 */
const isOtherPath = ({ pathname }: URL, { status, headers }: Pick<HttpResponse, 'status' | 'headers'>): boolean =>
  pathname !== '/' && status >= 300 && status < 400 && /\/provider\/?(\?|$)/.test(headers.get('location') ?? '')

function wrongPath(url: URL, address: string, status: number): MesheryError {
  const path = url.pathname.replace(/\/+$/, '')
  const message = `${address} answers ${status}, a redirect to the page where a provider is chosen`
  return new MesheryError('NOT_MESHERY', message, {
    phase: 'credentials',
    remedy: `Check \`url\`: it must be the address of a Meshery Server, probably without the path ${path}. If an ingress serves Meshery there, let it remove that path.`,
    details: { status },
  })
}

const addressOf = ({ url }: ProviderRequest): string => url.href.replace(/\/+$/, '') + path

/**
 * The text of the list, as GET /api/providers has it; null if it is not there.
 * @throws MesheryError SERVER_ERROR or RATE_LIMITED when the server cannot answer at the moment.
 */
const requestList = async (
  request: ProviderRequest,
  fetch: Platform['fetch'],
  signal: AbortSignal,
): Promise<string | null> => {
  const { url, headers, limit, holds } = request
  const address = addressOf(request)
  const response = await fetch(address, { headers: { ...headers, accept: 'application/json' }, signal })
  if (response.ok) return wholeText(response, { address, phase: 'credentials', limit, signal })
  await beginning(response.body)
  const { status } = response
  // Without the body: the server may quote the headers in it.
  const answer = { status, headers: response.headers, body: '' }
  const error = errorOfAnswer(answer, { url: address, phase: 'credentials', token: false })
  holds.remember(error, path)
  if (isOtherPath(url, response)) throw wrongPath(url, address, status)
  if (status >= 500 || status === 429) throw error
  return null
}

/** An error that every other request would end with, too. The rest may be a matter of this path alone, or of the moment. */
const isOfEveryPath = ({ code, phase }: MesheryError): boolean =>
  ['TOO_LARGE', 'RATE_LIMITED', 'NOT_MESHERY'].includes(code) || ['dns', 'tcp', 'proxy', 'tls'].includes(phase)

/** Reads the list in time. It is needed where no provider is known: without one every request is refused, whatever its token. */
const readText = async (
  request: ProviderRequest,
  fetch: Platform['fetch'],
  isNeeded: boolean,
): Promise<string | null | undefined> => {
  const { holds, timeout, url } = request
  const late = (): MesheryError => {
    const message = `${addressOf(request)} was not read within ${timeout} ms (\`timeouts.request\`, or half of \`timeouts.connect\`)`
    return new MesheryError('TIMED_OUT', message, { phase: 'credentials', details: { timeout } })
  }
  try {
    holds.throwIfHeld(path, 'credentials', false)
    return await withTimeout(timeout, late, undefined, (signal) => requestList(request, fetch, signal))
  } catch (cause) {
    const error = networkError(cause, 'credentials', url.origin)
    if (isNeeded || isOfEveryPath(error)) throw error
    return undefined
  }
}

/** The providers by name; keys in snake_case until v0.8, in camelCase since v1.0. */
const readList = async (
  request: ProviderRequest,
  fetch: Platform['fetch'],
  isNeeded: boolean,
): Promise<Readonly<Record<string, unknown>> | null | undefined> => {
  const answer = await readText(request, fetch, isNeeded)
  if (typeof answer !== 'string') return answer
  try {
    const list: unknown = JSON.parse(answer)
    return isRecord(list) ? list : null
  } catch {
    // A page for people, where something else than Meshery answers for this path.
    return null
  }
}

const isLocal = (name: string, properties: unknown): boolean => {
  const { provider_type, providerType = provider_type } = isRecord(properties) ? properties : {}
  return typeof providerType === 'string' ? providerType === 'local' : name === 'None' || name === 'Local'
}

/**
 * Finds the provider when none is given: without a token the Local one, with a token the only remote one that the server
 * lists. Null when there is none to find, undefined when the list cannot be read at the moment and need not be: a provider is known,
 * or the user's own headers have its cookie.
 *
 * @throws MesheryError CREDENTIALS_UNREADABLE when a token may belong to several, or to none; TIMED_OUT, SERVER_ERROR or CONNECTION_LOST,
 * retryable, when the list cannot be read at the moment and is needed; RATE_LIMITED; what a dial to a server that cannot be reached would throw.
 */
export const findProvider = async (
  who: SentIdentity,
  request: ProviderRequest,
  fetch: Platform['fetch'],
): Promise<string | null | undefined> => {
  const isNeeded = who.provider === '' && !/meshery-provider=\S/.test(request.headers['cookie'] ?? '')
  const list = await readList(request, fetch, isNeeded)
  if (!list) return list
  const entries = Object.entries(list).filter(([name]) => name !== '' && isCookieValue(name))
  const local = entries.find(([name, properties]) => isLocal(name, properties))?.[0]
  if (!who.hasToken) return local ?? null
  const remote = entries.flatMap(([name, properties]) => (isLocal(name, properties) ? [] : [name]))
  if (remote.length === 1) return remote[0]
  const names = remote.slice(0, 10).join(', ')
  const listed = remote.length > 1 ? `several: ${names}` : `no remote one${local ? `, only ${local}` : ''}`
  const message = `The token from ${tokenSource(who)} comes without its provider, and ${request.url.origin} lists ${listed}`
  throw new MesheryError('CREDENTIALS_UNREADABLE', message, {
    phase: 'credentials',
    remedy:
      remote.length > 1
        ? `Set \`provider\` or MESHERY_PROVIDER to the one that the token is for: ${names}.`
        : 'Leave the token out: the Local provider takes none. Or correct `url`.',
  })
}
