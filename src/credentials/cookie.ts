import { isCookieValue } from './cookie-value.ts'

/**
 * The value of the cookie `name` that an answer leaves behind; undefined when it sets none, deletes it, or sets one that
 * has expired. As in a browser, the last header for a name counts.
 */
export const freshCookie = (setCookie: readonly string[], name: string): string | undefined => {
  const [pair = '', ...attributes] =
    setCookie.findLast((line) => line.trimStart().startsWith(`${name}=`))?.split(';') ?? []
  const value = pair
    .slice(pair.indexOf('=') + 1)
    .trim()
    .replace(/^"(.*)"$/, '$1')
  const over = attributes.some((attribute) => {
    const [, key = '', text = ''] = /^\s*([\w-]+)\s*=\s*(.*)$/.exec(attribute) ?? []
    // Max-Age wins over Expires, but no server sets the one to live and the other to die.
    if (/^max-age$/i.test(key)) return Number(text) <= 0
    return /^expires$/i.test(key) && Date.parse(text) <= Date.now()
  })
  return value === '' || over || !isCookieValue(value) ? undefined : value
}

/** The token that an answer of Meshery leaves behind, as `freshCookie` reads it. */
export const freshToken = (headers: Headers): string | undefined => freshCookie(headers.getSetCookie(), 'token')
