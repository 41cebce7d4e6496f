import { kindOf, refuse, shown } from '../base/checks.ts'

/** What looks like an address without credentials, a query or a hash: such a text may be shown. */
const harmless = /^\s*([a-z][a-z\d+.-]*:\/\/)?[\w.-]*(:\d*)?(\/[\w/.-]*)?\s*$/i

/** The server's address. A part that may hold a secret is named, never shown. */
export const readUrl = (given: unknown, name: string): URL => {
  const bad = (problem: string, allowed = 'http(s)://host or http(s)://host:port'): never =>
    refuse(name, problem, allowed)
  const text = given instanceof URL ? given.href : given
  if (typeof text !== 'string') return bad(typeof given === 'object' ? kindOf(given) : shown(given))
  const [, scheme] = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  const safe = harmless.test(text) ? shown(text) : 'an address'
  if (scheme === undefined) return bad(`${safe} without a scheme`)
  if (!/^(http|ws)s?$/i.test(scheme)) return bad(`an address with the scheme ${shown(scheme)}`)
  const http = text.trim().replace(/^ws/i, 'http')
  if (!URL.canParse(http)) return bad(safe)
  const url = new URL(http)
  if (url.username !== '' || url.password !== '')
    return bad('an address with credentials', 'them in `token` or `headers`')
  if (url.pathname !== '/') return bad(`the path ${shown(url.pathname)}`, 'no path: Meshery serves under the root')
  if (/[?#]/.test(http)) return bad('an address with a query or a hash')
  return url
}
