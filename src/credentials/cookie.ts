import { isCookieValue } from './cookie-value.ts'

// The rules of RFC 6265 for one cookie of one server. Not a jar: the client keeps one token, and sends it with every request.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The date of `Expires` in milliseconds since 1970 (RFC 6265, 5.1.1); undefined when it is none. */
export const cookieDate = (text: string): number | undefined => {
  let time: RegExpExecArray | null = null
  let day: number | undefined
  let month: number | undefined
  let year: number | undefined
  for (const word of text.split(/[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/)) {
    const digits = /^(\d+)(?!\d)/.exec(word)?.[1]
    const named = months.indexOf(word.slice(0, 3).toLowerCase())
    const clock = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/.exec(word)
    if (!time && clock) time = clock
    else if (day === undefined && digits && digits.length <= 2) day = Number(digits)
    else if (month === undefined && named >= 0) month = named
    else if (year === undefined && digits && digits.length >= 2 && digits.length <= 4) year = Number(digits)
  }
  if (!time || day === undefined || month === undefined || year === undefined) return undefined
  if (year < 100) year += year < 70 ? 2000 : 1900
  const [hour = 0, minute = 0, second = 0] = time.slice(1).map(Number)
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month, day, hour, minute, second))
  return date.getUTCDate() === day ? date.getTime() : undefined
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

/** A `Set-Cookie` (5.2); undefined when it sets no cookie. Of an attribute that comes twice the last one counts. */
const readCookie = (line: string, url: URL, now: number): Cookie | undefined => {
  const [pair = '', ...rest] = line.split(';')
  const split = pair.indexOf('=')
  const name = pair.slice(0, Math.max(0, split)).trim()
  if (name === '') return undefined
  let path = defaultPath(url.pathname)
  let domain = ''
  let isSecure = false
  let expires: number | undefined
  let maxAge: number | undefined
  for (const attribute of rest) {
    const [, key = '', text = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(attribute) ?? []
    switch (key.toLowerCase()) {
      case 'path':
        path = text.startsWith('/') ? text : defaultPath(url.pathname)
        break
      case 'domain':
        if (text !== '') domain = text.replace(/^\./, '').toLowerCase()
        break
      case 'secure':
        isSecure = true
        break
      case 'expires':
        expires = cookieDate(text) ?? expires
        break
      case 'max-age':
        if (/^-?\d+$/.test(text)) maxAge = Number(text)
        break
    }
  }
  // Go puts a value with a blank in quotes, and reads it without them.
  const value = pair
    .slice(split + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1')
  if (maxAge !== undefined) expires = maxAge > 0 ? now + maxAge * 1000 : -Infinity
  return { name, value, domain, path, isSecure, expires }
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
