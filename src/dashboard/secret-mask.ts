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
const openEnd = (bytes: Buffer, secrets: readonly Buffer[]): number =>
  Math.max(0, ...secrets.map((secret) => openEndOf(bytes, secret)))

/** The same for one secret. Looks only where its first byte is: a token is long, and each piece of a stream is looked through. */
function openEndOf(bytes: Buffer, secret: Buffer): number {
  const [first = 0] = secret
  let at = bytes.indexOf(first, Math.max(0, bytes.length - secret.length + 1))
  while (at >= 0 && bytes.compare(secret, 0, bytes.length - at, at) !== 0) at = bytes.indexOf(first, at + 1)
  return at < 0 ? 0 : bytes.length - at
}

const star = '*'.charCodeAt(0)

/** Where a secret is in the bytes. */
interface Place {
  readonly from: number
  readonly to: number
}

const placesOf = (bytes: Buffer, secrets: readonly Buffer[]): readonly Place[] => {
  const places: Place[] = []
  for (const secret of secrets)
    for (let from = bytes.indexOf(secret); from >= 0; from = bytes.indexOf(secret, from + secret.length))
      places.push({ from, to: from + secret.length })
  return places
}

/**
 * Replaces secrets in a body by as many stars, also where a secret comes in two pieces. It holds back only what may be the
 * beginning of a secret, so that an SSE message leaves at once.
 */
export class SecretMask {
  readonly #secrets: readonly Buffer[]
  /** As it came: a secret that is in the beginning of a longer one must not hide that one. */
  #held: Buffer = Buffer.alloc(0)

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret))
  }

  /** Takes the next piece. Returns what can be sent of it and of what was held back. */
  take(piece: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.#held, piece])
    const places = placesOf(bytes, this.#secrets)
    let end = bytes.length - openEnd(bytes, this.#secrets)
    // A secret that is there as a whole leaves as a whole. One that begins in it may reach across the end, too.
    for (let across = acrossEnd(places, end); across; across = acrossEnd(places, end)) end = across.from
    this.#held = bytes.subarray(end)
    return covered(bytes.subarray(0, end), places)
  }

  /** What is still held back, at the end of the body. */
  rest(): Buffer {
    const held = this.#held
    this.#held = Buffer.alloc(0)
    return covered(held, placesOf(held, this.#secrets))
  }
}

const acrossEnd = (places: readonly Place[], end: number): Place | undefined =>
  places.find(({ from, to }) => from < end && to > end)

/** The bytes with stars in these places: in a copy, since what is held back stays as it came. */
function covered(bytes: Buffer, places: readonly Place[]): Buffer {
  if (places.length === 0) return bytes
  const copy = Buffer.from(bytes)
  for (const { from, to } of places) copy.fill(star, from, Math.min(to, copy.length))
  return copy
}

/** A text without the secrets. */
export const maskedText = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((masked, secret) => masked.replaceAll(secret, '*'.repeat(secret.length)), text)
