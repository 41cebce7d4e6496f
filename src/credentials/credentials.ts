import { MesheryError } from '../base/errors.ts'
import { freshCookie, isCookieValue } from './cookie.ts'
import { expiryOf, redactor, secretsIn } from './secrets.ts'

/** Who we are to Meshery. */
export interface Identity {
  /** The `token` cookie, as in mesheryctl's auth.json. Empty or absent with the Local provider. */
  readonly token?: string
  /** The `meshery-provider` cookie: `Meshery`, `Layer5`, `Local`, `None`, ... */
  readonly provider?: string
}

/** Where an identity comes from: the first of the three that is given. */
export interface CredentialSources {
  /** Said once and for all. */
  readonly identity?: Identity | undefined
  /** Asked before each dial and after a refusal. */
  readonly ask?: (() => Promise<Identity> | Identity) | undefined
  /** Read before the first dial and after a refusal. Undefined is nobody. */
  readonly read?: (() => Promise<Identity | undefined>) | undefined
  /** Whether cookies can be set here. In browsers the page's own go along, out of sight. */
  readonly setsCookies: boolean
}

/** How many tokens are remembered, so that a late error of an old attempt is redacted too. */
const remembered = 8

/** What is wrong with an identity, in words that show no secret; undefined when it is one. */
export const identityProblem = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object { token, provider }'
  for (const key of ['token', 'provider']) {
    const text: unknown = Reflect.get(value, key)
    if (text === undefined || text === null) continue
    if (typeof text !== 'string') return `needs a text as \`${key}\``
    if (!isCookieValue(text.trim())) return `has a \`${key}\` with a character that a cookie cannot carry`
  }
  return undefined
}

const textOf = ({ token, provider }: Identity): string => JSON.stringify([token?.trim() ?? '', provider?.trim() ?? ''])

/**
 * The one place that knows the secrets: who we are to one server, where that is learned, and what must not be shown.
 *
 * Nothing of it shows a secret when it is printed, inspected or turned into JSON.
 */
export class Credentials {
  readonly #sources: CredentialSources
  #token = ''
  #provider = ''
  /** What the source said last. A token that the server replaced stays until the source says something new. */
  #said: string | undefined
  #version = 0
  #refused: number | undefined
  #flight: Promise<void> | undefined
  #tokens: string[] = []
  #redact: ((text: string) => string) | undefined

  /** @throws MesheryError CREDENTIALS_UNREADABLE when the fixed identity cannot be sent. */
  constructor(sources: CredentialSources) {
    this.#sources = sources
    if (sources.identity !== undefined) this.#hear(sources.identity)
  }

  /** Counts the changes of who we are. 0 is nobody yet. */
  get version(): number {
    return this.#version
  }

  get hasToken(): boolean {
    return this.#token !== ''
  }

  /** When the token expires, in milliseconds since 1970; NaN when it does not say, or there is none. */
  get expires(): number {
    return expiryOf(this.#token)
  }

  /**
   * Whether a refusal is worth a `refresh`: asking again can give another identity, or we are someone else already than
   * was refused. The page's own cookies cannot be seen, so of them no change is expected.
   */
  get canChange(): boolean {
    const { identity, ask, read, setsCookies } = this.#sources
    const renewed = this.#refused !== undefined && this.#refused !== this.#version
    return renewed || (identity === undefined && (ask !== undefined || (read !== undefined && setsCookies)))
  }

  /**
   * To be awaited before each dial: asks, or reads the first time.
   * @throws MesheryError CREDENTIALS_UNREADABLE, retryable when it was asked for.
   */
  async load(): Promise<void> {
    if (this.#said === undefined || this.#sources.ask !== undefined) await this.#consult()
  }

  /** Notes that the server refused us as we were at `version`. */
  refuse(version: number): void {
    this.#refused = Math.max(version, this.#refused ?? 0)
  }

  /**
   * To be awaited after a refusal: asks or reads anew. Resolves with whether we are now someone else than was refused.
   * @throws MesheryError CREDENTIALS_UNREADABLE, retryable when it was asked for.
   */
  async refresh(): Promise<boolean> {
    const refused = this.#refused ?? this.#version
    await this.#consult()
    return this.#version !== refused
  }

  /** The text of the `Cookie` header; undefined when there is none to send or it cannot be set here. */
  cookies(): string | undefined {
    if (!this.#sources.setsCookies) return undefined
    const pairs = Object.entries(this.params()).map(([name, value]) => `${name}=${value}`)
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  /** What `connection_init` carries: `meshery-provider` and `token`, as far as there are any. */
  params(): Record<string, string> {
    return {
      ...(this.#provider !== '' && { 'meshery-provider': this.#provider }),
      ...(this.#token !== '' && { token: this.#token }),
    }
  }

  /**
   * Takes a fresh token from the `Set-Cookie` lines of an answer of the configured origin. A deleted one changes nothing.
   * @param sent The `version` that was sent with the request: an answer to an older one is not taken.
   */
  absorb(setCookie: readonly string[], sent: number = this.#version): void {
    const token = setCookie.length === 0 || sent !== this.#version ? undefined : freshCookie(setCookie, 'token')
    if (token !== undefined) this.#become(token, this.#provider)
  }

  /** The text without any token of ours, the secrets inside it, and their URI-encoded forms. */
  redact(text: string): string {
    this.#redact ??= redactor(this.#tokens.flatMap(secretsIn))
    return this.#redact(text)
  }

  #consult(): Promise<void> {
    this.#flight ??= this.#ask().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #ask(): Promise<void> {
    const { identity, ask, read } = this.#sources
    if (identity !== undefined) return
    try {
      const answer = ask === undefined ? ((await read?.()) ?? {}) : await ask()
      this.#hear(answer)
    } catch (error) {
      if (ask === undefined && error instanceof MesheryError) throw error
      const message = error instanceof MesheryError ? error.message : 'the source of the credentials failed'
      throw new MesheryError('CREDENTIALS_UNREADABLE', ask === undefined ? message : `\`credentials\`: ${message}`, {
        phase: 'credentials',
        retryable: ask !== undefined,
        cause: error,
      })
    }
  }

  #hear(identity: Identity): void {
    const problem = identityProblem(identity)
    if (problem !== undefined) {
      throw new MesheryError('CREDENTIALS_UNREADABLE', `The identity ${problem}`, { phase: 'credentials' })
    }
    const said = textOf(identity)
    if (said === this.#said) return
    this.#said = said
    this.#become(identity.token?.trim() ?? '', identity.provider?.trim() ?? '')
  }

  #become(token: string, provider: string): void {
    if (token === this.#token && provider === this.#provider) return
    this.#token = token
    this.#provider = provider
    this.#version += 1
    if (token !== '' && !this.#tokens.includes(token)) this.#tokens = [token, ...this.#tokens].slice(0, remembered)
    this.#redact = undefined
  }
}
