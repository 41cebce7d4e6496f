import { isRecord } from '../base/checks.ts'
import { MesheryError, unfold } from '../base/errors.ts'

/** The JSON object that is inside a text in base64, of either alphabet; an empty one when there is none. */
const inside = (text = ''): Readonly<Record<string, unknown>> => {
  try {
    const json: unknown = JSON.parse(atob(text.replace(/-/g, '+').replace(/_/g, '/')))
    return isRecord(json) ? json : {}
  } catch {
    // The error would quote the text, and the text is a secret.
    return {}
  }
}

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
  return [token, ...[...tokens, ...parts].filter((one) => one.length >= 8)]
}

/** When a token expires, in milliseconds since 1970, by its own word; NaN when it does not say. */
export const expiryOf = (token: string): number => {
  const { expiry, access_token: access } = inside(token)
  // Go's zero time, in the year 1, stands for never.
  if (typeof expiry === 'string') return Date.parse(expiry) > 0 ? Date.parse(expiry) : NaN
  const { exp } = inside((typeof access === 'string' ? access : token).split('.')[1])
  return typeof exp === 'number' ? exp * 1000 : NaN
}

/** A character that is not a letter or a digit, as itself or URI-encoded. */
const either = (char: string): string => {
  const hex = char.charCodeAt(0).toString(16)
  return `(?:\\u${hex.padStart(4, '0')}|%${hex.padStart(2, '0')})`
}

/** A function that replaces each of the secrets in a text, also where it stands URI-encoded, wholly or in part. */
export const redactor = (secrets: readonly string[]): ((text: string) => string) => {
  const forms = secrets
    .filter((secret) => secret !== '')
    // Longest first, or the rest of a secret would stay when another is its beginning.
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replace(/[^a-z0-9]/gi, either))
  const pattern = new RegExp(forms.join('|'), 'gi')
  return (text) => (forms.length === 0 ? text : text.replace(pattern, '***'))
}

/** The error itself when it shows no secret, else its like without: neither in its texts nor in its causes. */
export const redactError = (error: MesheryError, redact: (text: string) => string): MesheryError => {
  const { code, message, phase, retryable, remedy, details, cause } = error
  const trace = unfold(cause).map((one) => (one instanceof Error ? (one.stack ?? one.message) : String(one)))
  const causes = trace.join('\n')
  const text = [message, remedy, causes, ...Object.values(details).map(String)].join('\n')
  if (redact(text) === text) return error
  const hide = (value: unknown): unknown => (typeof value === 'string' ? redact(value) : value)
  return new MesheryError(code, redact(message), {
    phase,
    retryable,
    remedy: redact(remedy),
    details: Object.fromEntries(Object.entries(details).map(([key, value]) => [key, hide(value)])),
    ...(cause !== undefined && { cause: new Error(redact(causes)) }),
  })
}
