import { isRecord } from '../base/checks.ts'
import { type SentIdentity, tokenSource } from '../base/credentials-refused.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { isCookieValue } from '../credentials/cookie-value.ts'
import { beginning, wholeText } from './body.ts'
import type { Platform, ProviderRequest } from './platform.ts'

const path = '/api/providers'

/** A list that is not there, or no list; and one that cannot be read at the moment. */
type Unread = null | undefined

/** The providers by name, as GET /api/providers has them; keys in snake_case until v0.8, in camelCase since v1.0. */
const readList = async (
  { url, headers, timeout, limit }: ProviderRequest,
  fetch: Platform['fetch'],
): Promise<Readonly<Record<string, unknown>> | Unread> => {
  let answer: string | Unread
  try {
    answer = await withTimeout(
      timeout,
      () => undefined,
      undefined,
      async (signal) => {
        const response = await fetch(url.origin + path, { headers: { ...headers, accept: 'application/json' }, signal })
        if (response.ok) return wholeText(response, { address: url.origin + path, phase: 'credentials', limit, signal })
        await beginning(response.body)
        return response.status >= 500 || response.status === 429 ? undefined : null
      },
    )
  } catch (cause) {
    const error = networkError(cause, 'upgrade', url.origin)
    // What cannot be reached here cannot be reached by anything else either. The rest may be a matter of this path alone.
    if (error.code === 'TOO_LARGE' || ['dns', 'tcp', 'tls'].includes(error.phase)) throw error
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
 * Finds the provider that nobody named: without a token the Local one, with a token the only remote one that the server
 * lists. Null when there is none to find, undefined when the list cannot be read at the moment.
 *
 * @throws MesheryError CREDENTIALS_UNREADABLE when a token may belong to several, or to none; what a dial to a server that
 * cannot be reached would throw.
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
