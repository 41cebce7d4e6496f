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

/** A list that is not there, or no list; and one that cannot be read at the moment. */
type Unread = null | undefined

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
    remedy: `Check \`url\`: it must be the address of a Meshery Server, probably without the path ${path}.`,
    details: { status },
  })
}

/**
 * The text of the list, as GET /api/providers has it.
 * @throws MesheryError RATE_LIMITED when a 429 says by `Retry-After` that the server takes no request for a while.
 */
const requestList = async (
  { url, headers, limit, holds }: ProviderRequest,
  fetch: Platform['fetch'],
  signal: AbortSignal,
): Promise<string | Unread> => {
  const address = url.href.replace(/\/+$/, '') + path
  const response = await fetch(address, { headers: { ...headers, accept: 'application/json' }, signal })
  if (response.ok) return wholeText(response, { address, phase: 'credentials', limit, signal })
  await beginning(response.body)
  const { status } = response
  // Without the body: the server may quote the headers in it.
  const answer = { status, headers: response.headers, body: '' }
  const error = errorOfAnswer(answer, { url: address, phase: 'credentials', token: false })
  holds.remember(error, path)
  if (status === 429 && error.details['retryAfter'] !== undefined) throw error
  if (isOtherPath(url, response)) throw wrongPath(url, address, status)
  return status >= 500 || status === 429 ? undefined : null
}

/** An error that every other request would end with, too. The rest may be a matter of this path alone. */
const isOfEveryPath = ({ code, phase }: MesheryError): boolean =>
  ['TOO_LARGE', 'RATE_LIMITED', 'NOT_MESHERY'].includes(code) || ['dns', 'tcp', 'proxy', 'tls'].includes(phase)

/** The providers by name; keys in snake_case until v0.8, in camelCase since v1.0. */
const readList = async (
  request: ProviderRequest,
  fetch: Platform['fetch'],
): Promise<Readonly<Record<string, unknown>> | Unread> => {
  let answer: string | Unread
  try {
    request.holds.throwIfHeld(path, 'credentials', false)
    answer = await withTimeout(
      request.timeout,
      () => undefined,
      undefined,
      (signal) => requestList(request, fetch, signal),
    )
  } catch (cause) {
    const error = networkError(cause, 'upgrade', request.url.origin)
    if (isOfEveryPath(error)) throw error
    return undefined
  }
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
 * lists. Null when there is none to find, undefined when the list cannot be read at the moment.
 *
 * @throws MesheryError CREDENTIALS_UNREADABLE when a token may belong to several, or to none; RATE_LIMITED while a 429 holds every
 * request; what a dial to a server that cannot be reached would throw.
 */
export const findProvider = async (
  who: SentIdentity,
  request: ProviderRequest,
  fetch: Platform['fetch'],
): Promise<string | null | undefined> => {
  const list = await readList(request, fetch)
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
