import { isCookieValue } from './cookie-value.ts'

// The rules of RFC 6265 for one cookie of one server. Not a jar: the client keeps one token, and sends it with every request.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** What a word of a date can be, in the order in which the RFC tries them, and how its numbers are read. */
const datePatterns = {
  time: /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/,
  day: /^(\d{1,2})(?!\d)/,
  month: new RegExp(`^(${months.join('|')})`, 'i'),
  year: /^(\d{2,4})(?!\d)/,
}

/** The full year: 70 to 99 are of the last century, 0 to 69 of this one. */
const fullYear = (year: number): number => {
  if (year > 99) return year
  return year + (year < 70 ? 2000 : 1900)
}

/** The date of `Expires` in milliseconds since 1970 (RFC 6265, 5.1.1); undefined when it is none. */
export const cookieDate = (text: string): number | undefined => {
  const found: Partial<Record<string, RegExpExecArray>> = {}
  for (const word of text.split(/[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/))
    for (const [part, pattern] of Object.entries(datePatterns)) {
      const match = found[part] ? null : pattern.exec(word)
      if (!match) continue
      found[part] = match
      break
    }
  const { time, day, month, year } = found
  if (!time || !day || !month || !year) return undefined
  const [hour = 0, minute = 0, second = 0] = time.slice(1).map(Number)
  const [dayOfMonth, fourDigits] = [Number(day[1]), fullYear(Number(year[1]))]
  if (fourDigits < 1601 || hour > 23 || minute > 59 || second > 59) return undefined
  const index = months.indexOf(month[0].toLowerCase())
  const date = new Date(Date.UTC(fourDigits, index, dayOfMonth, hour, minute, second))
  return date.getUTCDate() === dayOfMonth ? date.getTime() : undefined
}

/** The path of a cookie that names none (5.1.4). */
export const defaultPath = (pathname: string): string => /^(\/.*)\/[^/]*$/.exec(pathname)?.[1] ?? '/'

/** Whether a cookie of this path is sent with a request for that one (5.1.4). */
export const matchesPath = (pathname: string, path: string): boolean =>
  pathname === path || (pathname.startsWith(path) && (path.endsWith('/') || pathname[path.length] === '/'))

/**
 * Whether a cookie of this domain is sent to that host (5.1.3). A domain of one label is that host or a public suffix, for
 * which nothing may set a cookie (5.3).
 */
export const matchesDomain = (host: string, domain: string): boolean =>
  host === domain || (domain.includes('.') && host.endsWith(`.${domain}`) && !/^[\d.]+$|^\[/.test(host))

interface Cookie {
  readonly name: string
  readonly value: string
  /** Empty: of the host alone. */
  readonly domain: string
  readonly path: string
  readonly isSecure: boolean
  /** Milliseconds since 1970; undefined: with the session. */
  readonly expires: number | undefined
}

/** The attributes of a cookie as they are written. */
interface Attributes {
  path?: string
  domain?: string
  isSecure?: true
  /** Milliseconds since 1970. */
  expires?: number
  /** Seconds. */
  maxAge?: number
}

/** How each attribute is read; undefined: it is ignored. */
const attributeReaders = new Map<string, (text: string) => Attributes | undefined>([
  ['path', (path) => ({ path })],
  ['domain', (text) => (text === '' ? undefined : { domain: text.replace(/^\./, '').toLowerCase() })],
  ['secure', () => ({ isSecure: true })],
  [
    'expires',
    (text) => {
      const expires = cookieDate(text)
      return expires === undefined ? undefined : { expires }
    },
  ],
  ['max-age', (text) => (/^-?\d+$/.test(text) ? { maxAge: Number(text) } : undefined)],
])

/** The attributes of a `Set-Cookie`. Of one that comes twice the last one counts. */
const readAttributes = (parts: readonly string[]): Attributes => {
  const read: Attributes = {}
  for (const part of parts) {
    const [, key = '', text = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(part) ?? []
    Object.assign(read, attributeReaders.get(key.toLowerCase())?.(text))
  }
  return read
}

/** When a cookie of this `Max-Age`, in seconds, expires, in milliseconds since 1970. */
const expiryOf = (maxAge: number, now: number): number => (maxAge > 0 ? now + maxAge * 1000 : -Infinity)

/** A `Set-Cookie` (5.2); undefined when it sets no cookie. */
const readCookie = (line: string, url: URL, now: number): Cookie | undefined => {
  const [pair = '', ...rest] = line.split(';')
  const split = pair.indexOf('=')
  const name = pair.slice(0, Math.max(0, split)).trim()
  if (name === '') return undefined
  const attributes = readAttributes(rest)
  const { path, maxAge } = attributes
  // Go puts a value with a blank in quotes, and reads it without them.
  const value = pair
    .slice(split + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1')
  const { expires, domain = '', isSecure = false } = attributes
  return {
    name,
    value,
    domain,
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    isSecure,
    expires: maxAge === undefined ? expires : expiryOf(maxAge, now),
  }
}

/**
 * The value of the cookie `name` that an answer of `url` leaves behind for such a request; undefined when it sets none, deletes
 * it, or sets one that has expired, is for another host or path, or may not be sent over this connection.
 *
 * As in a browser, a later header replaces an earlier one of the same domain and path, and the longest path comes first.
 */
export const freshCookie = (
  setCookie: readonly string[],
  name: string,
  url: string | URL,
  now: number = Date.now(),
): string | undefined => {
  const from = new URL(url)
  const kept = new Map<string, Cookie>()
  for (const line of setCookie) {
    const cookie = readCookie(line, from, now)
    if (cookie?.name !== name || (cookie.isSecure && from.protocol !== 'https:')) continue
    const { domain, path, expires = Infinity } = cookie
    if (domain !== '' && !matchesDomain(from.hostname, domain)) continue
    if (!matchesPath(from.pathname, path)) continue
    const key = `${domain};${path}`
    kept.delete(key)
    if (expires > now) kept.set(key, cookie)
  }
  const usable = [...kept.values()].filter(({ value }) => value !== '' && isCookieValue(value))
  return usable.sort((a, b) => b.path.length - a.path.length)[0]?.value
}

/** The token that an answer of Meshery leaves behind, as `freshCookie` reads it. */
export const freshToken = (headers: Headers, url: string): string | undefined =>
  freshCookie(headers.getSetCookie(), 'token', url)
