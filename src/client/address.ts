import { isRecord, kindOf, refuse, shown } from '../base/checks.ts'
import type { GatewayUser } from '../platform/platform.ts'

/** What looks like an address without credentials, a query or a hash: such a text may be shown. */
const harmless = /^\s*([a-z][a-z\d+.-]*:\/\/)?[\w.-]*(:\d*)?(\/[\w/.-]*)?\s*$/i

/** The path of an endpoint of Meshery's, such as GraphQL's, as people copy it. */
const endpoint = /\/api\/system\/.*/

/** The address of the server, and the user that it names. */
export interface ServerAddress {
  /** http: or https:. Its path is the one under which a front end serves Meshery; as a rule `/`. */
  readonly url: URL
  /** For a gateway in front of it, as they are in the address. */
  readonly user: GatewayUser | undefined
}

/**
 * Reads the address of the server. An endpoint of Meshery's means its server. A part that may hold a secret is never shown.
 * @throws MesheryError INVALID_OPTION
 */
export const readAddress = (given: unknown, name: string): ServerAddress => {
  const bad = (problem: string, allowed = 'http(s)://host, with a port and a path if needed'): never =>
    refuse(name, problem, allowed)
  const text = isRecord(given) && 'href' in given ? given['href'] : given
  if (typeof text !== 'string') return bad(typeof given === 'object' ? kindOf(given) : shown(given))
  const [, scheme] = /^\s*([a-z][a-z\d+.-]*):\/\//i.exec(text) ?? []
  const safe = harmless.test(text) ? shown(text) : 'an address'
  if (scheme === undefined) return bad(`${safe} without a scheme`)
  if (!/^(http|ws)s?$/i.test(scheme)) return bad(`an address with the scheme ${shown(scheme)}`)
  const http = text.trim().replace(/^ws/i, 'http')
  if (!URL.canParse(http)) return bad(safe)
  const url = new URL(http)
  const { username, password } = url
  const isEndpoint = endpoint.test(url.pathname)
  if (!isEndpoint && /[?#]/.test(http)) return bad('an address with a query or a hash')
  url.pathname = url.pathname.replace(endpoint, '/').replace(/\/*$/, '/')
  url.username = url.password = url.search = url.hash = ''
  return { url, user: username + password === '' ? undefined : { username, password } }
}
