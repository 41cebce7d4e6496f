import { isRecord } from '../base/checks.ts'

/** A text in base64, of either alphabet, as the text that it encodes; empty when it is none. */
const decoded = (text: string): string => {
  try {
    return atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  } catch {
    return ''
  }
}

/** The JSON object that is inside a text in base64; an empty one when there is none. */
const inside = (text = ''): Readonly<Record<string, unknown>> => {
  try {
    const json: unknown = JSON.parse(decoded(text))
    return isRecord(json) ? json : {}
  } catch {
    // The error would quote the text, and the text is a secret.
    return {}
  }
}

/** What is shorter may be an ordinary word: the least length of a secret that nothing else marks as one, in characters. */
const least = 8

/**
 * A token and the secrets inside it: Meshery's token is base64 of an OAuth token's JSON (server/models/remote_auth.go),
 * whose access token is a JWT of three parts; or such a JWT itself.
 */
export const secretsIn = (token: string): string[] => {
  const tokens = Object.entries(inside(token)).flatMap(([key, value]) =>
    /token$/.test(key) && typeof value === 'string' ? [value] : [],
  )
  // The first part of a JWT is the same for everyone.
  const parts = [token, ...tokens].flatMap((one) => one.split('.').slice(1))
  return [token, ...[...tokens, ...parts].filter((one) => one.length >= least)]
}

/**
 * What may be secret in the value of a header or a parameter: all of it, each word of it, such as what follows `Bearer`, what
 * is inside these, and the password of Basic credentials.
 */
export const secretsOf = (value: string): string[] => {
  const words = [value, ...value.split(/[\s;,=]+/)].filter((one) => one.length >= least)
  const pairs = words.map(decoded).filter((one) => /^[^{:][ -~]*:[ -~]+$/.test(one))
  return [...words.flatMap(secretsIn), ...pairs.map((pair) => pair.replace(/^[^:]*:/, ''))]
}

/** Every text in a value that is sent as JSON. */
export const textsIn = (value: unknown): string[] => {
  const texts: string[] = []
  try {
    JSON.stringify(value, (_, one: unknown) => {
      if (typeof one === 'string') texts.push(one)
      return one
    })
  } catch {
    // What cannot be written is not sent; who sends it reports that.
  }
  return texts
}

/** When a token expires, in milliseconds since 1970, by its own content; NaN when that does not show it. */
export const expiryOf = (token: string): number => {
  const { expiry, access_token: access } = inside(token)
  // Go's zero time, in the year 1, means never.
  if (typeof expiry === 'string') return Date.parse(expiry) > 0 ? Date.parse(expiry) : NaN
  const { exp } = inside((typeof access === 'string' ? access : token).split('.')[1])
  return typeof exp === 'number' ? exp * 1000 : NaN
}
