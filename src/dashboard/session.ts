import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Random bytes in a secret: no one can guess it, however many times they try. */
const secretBytes = 32

const newSecret = (): string => randomBytes(secretBytes).toString('base64url')

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares two texts in a time that does not depend on where they differ. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(hashOf(one), hashOf(other))

/**
 * Who may use the dashboard: browsers with its cookie. A browser gets the cookie for the secret in the address that was printed,
 * and each secret works once.
 */
export class Session {
  readonly #cookieName: string
  readonly #cookieValue = newSecret()
  #secret: string | undefined

  /** @param port That of the dashboard. Cookies are shared by all ports of a host, so the name contains it. */
  constructor(port: number) {
    this.#cookieName = `meshery-live-${port}`
  }

  /** Makes a new secret. The one before it no longer works. */
  createSecret(): string {
    this.#secret = newSecret()
    return this.#secret
  }

  /** Uses up the secret. Returns the `Set-Cookie` for it; undefined if it is not the newest one, or was used. */
  exchange(secret: string): string | undefined {
    if (this.#secret === undefined || !isSame(secret, this.#secret)) return undefined
    this.#secret = undefined
    return `${this.#cookieName}=${this.#cookieValue}; HttpOnly; SameSite=Strict; Path=/`
  }

  /** Whether a request with this header `Cookie` may use the dashboard. */
  admits(cookieHeader: string | undefined): boolean {
    const prefix = `${this.#cookieName}=`
    const pairs = (cookieHeader ?? '').split(';').map((pair) => pair.trim())
    return pairs.some((pair) => pair.startsWith(prefix) && isSame(pair.slice(prefix.length), this.#cookieValue))
  }
}
