import type { Credentials } from '../credentials/credentials.ts'
import { secretsIn, secretsOf } from '../credentials/secrets.ts'

/** A shorter text is not looked for, since it would be found in ordinary data. In characters. */
const leastLength = 8

/** What Meshery must not send back to a page: the token and what is inside it, and the password for a gateway. */
export const secretsSent = (
  credentials: Pick<Credentials, 'params'>,
  headers: Readonly<Record<string, string>>,
): readonly string[] => {
  const { token = '' } = credentials.params()
  const given = Object.values(headers).flatMap(secretsOf)
  const secrets = [...secretsIn(token), ...given].filter((secret) => secret.length >= leastLength)
  return secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    encoded(secret, 'base64'),
    encoded(secret, 'base64url'),
  ])
}

/** Without padding, which is left out or not. */
const encoded = (secret: string, encoding: 'base64' | 'base64url'): string =>
  Buffer.from(secret).toString(encoding).replace(/=+$/, '')

/** Each once, in an order in which a secret comes before those that it contains. */
export const longestFirst = (secrets: readonly string[]): readonly string[] =>
  [...new Set(secrets)].sort((a, b) => b.length - a.length)

/** The length of the longest end of `bytes` with which a secret may begin. */
const openEnd = (bytes: Buffer, secrets: readonly Buffer[]): number => {
  const longest = Math.max(0, ...secrets.map(({ length }) => length - 1))
  for (let length = Math.min(longest, bytes.length); length > 0; length--) {
    const end = bytes.subarray(bytes.length - length)
    if (secrets.some((secret) => secret.length > length && secret.subarray(0, length).equals(end))) return length
  }
  return 0
}

const star = '*'.charCodeAt(0)

/**
 * Replaces secrets in a body by as many stars, also where a secret comes in two pieces. It holds back only what may be the
 * beginning of a secret, so that an SSE message leaves at once.
 */
export class SecretMask {
  readonly #secrets: readonly Buffer[]
  #held: Buffer = Buffer.alloc(0)

  /** @param secrets The longest first: one may contain another one. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret))
  }

  /** Takes the next piece. Returns what can be sent of it and of what was held back. */
  take(piece: Uint8Array): Buffer {
    // A copy: the piece is not ours to change.
    const bytes = Buffer.concat([this.#held, piece])
    this.#cover(bytes)
    const end = bytes.length - openEnd(bytes, this.#secrets)
    this.#held = bytes.subarray(end)
    return bytes.subarray(0, end)
  }

  /** What is still held back, at the end of the body. */
  rest(): Buffer {
    const held = this.#held
    this.#held = Buffer.alloc(0)
    return held
  }

  /** Covers the secrets that are in the bytes as a whole. */
  #cover(bytes: Buffer): void {
    for (const secret of this.#secrets)
      for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at))
        bytes.fill(star, at, at + secret.length)
  }
}

/** A text without the secrets. */
export const maskedText = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((masked, secret) => masked.replaceAll(secret, '*'.repeat(secret.length)), text)
