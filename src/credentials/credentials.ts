import type { IdentitySources, SentIdentity } from '../base/credentials-refused.ts'
import { MesheryError } from '../base/errors.ts'
import { SharedWait } from '../base/shared-wait.ts'
import { cookieHeader } from './cookie-header.ts'
import { GivenToken } from './given-token.ts'
import { type Identity, identityProblem, type SourcedIdentity } from './identity.ts'
import { Redactor } from './redactor.ts'
import { expiryOf, secretsIn } from './secrets.ts'

/** Where an identity comes from: the first of the three that is given. */
export interface CredentialSources {
  /** Said once and for all. */
  readonly identity?: Identity | undefined
  /** Asked before each dial and after a refusal. */
  readonly ask?: (() => Promise<Identity> | Identity) | undefined
  /** Read before each dial and after a refusal. Undefined: no identity. */
  readonly read?: (() => Promise<SourcedIdentity | undefined>) | undefined
  /**
   * Finds the provider of an identity without one: once for each answer of the source, and again after a refusal. Null when
   * there is none to find, undefined when that cannot be known at the moment.
   */
  readonly findProvider?: ((who: SentIdentity) => Promise<string | null | undefined> | undefined) | undefined
  /**
   * Gives a token in place of one that has expired or soon will; undefined when none is needed, or there is none.
   * It also decides whether one is asked for that was refused: the server's refusal may be the first sign that it has expired.
   * @throws MesheryError CREDENTIALS_REFUSED for a token that has expired and is not renewed.
   */
  readonly renewToken?: ((token: string, who: SentIdentity) => Promise<string | undefined>) | undefined
  /** Whether cookies can be set here. In browsers the page's own go along, out of sight. */
  readonly setsCookies: boolean
  /** How long an answer may take, in milliseconds. Default 10 000. */
  readonly timeout?: number | undefined
}

const textOf = ({ token, provider }: Identity): string => JSON.stringify([token?.trim() ?? '', provider?.trim() ?? ''])

/**
 * The one place that knows the secrets: the identity for one server, its source, and what must not be shown.
 *
 * Nothing of it shows a secret when it is printed, inspected or turned into JSON.
 */
export class Credentials {
  /** Takes out of a peer's texts every secret of this client: tokens, and what else it is given to know. */
  readonly secrets: Redactor = new Redactor()
  readonly #sources: CredentialSources
  #token = ''
  #provider = ''
  #given = new GivenToken('')
  /** The last answer of the source. A token that the server replaced stays until the source answers something else. */
  #lastAnswer: string | undefined
  /** Whether the source names no provider, so that it is looked for. */
  #looks = false
  /** Whether the provider need not be looked for now. */
  #settled = true
  #known = false
  #from: IdentitySources = {}
  #version = 0
  #refused: number | undefined
  readonly #answer = new SharedWait()

  /** @throws MesheryError CREDENTIALS_UNREADABLE when the fixed identity cannot be sent. */
  constructor(sources: CredentialSources) {
    this.#sources = sources
    const { identity, findProvider, renewToken } = sources
    if (identity === undefined) return
    this.#check(identity)
    // Else it is known once its provider is found.
    if (!identity.provider?.trim() && findProvider) return
    this.#lastAnswer = textOf(identity)
    this.#given = new GivenToken(identity.token?.trim() ?? '')
    this.#become(this.#given.token, identity.provider?.trim() ?? '')
    // Else it is known once its age is.
    this.#known = !renewToken || this.#token === ''
  }

  /** Whether the sources were asked at least once. Before that, no request may leave. */
  get isKnown(): boolean {
    return this.#known
  }

  /** What is sent, but the token itself, and where it is from. */
  get sentIdentity(): SentIdentity {
    return {
      hasToken: this.#token !== '',
      provider: this.#provider,
      isFound: this.#looks,
      isAsked: this.#sources.ask !== undefined,
      isRefused: this.#refused === this.#version,
      from: this.#from,
    }
  }

  /** Counts the changes of the identity. 0: none yet. */
  get version(): number {
    return this.#version
  }

  /** When the token expires, in milliseconds since 1970; NaN when the token does not show it, or there is none. */
  get expires(): number {
    return expiryOf(this.#token)
  }

  /**
   * Whether a refusal is worth a `refresh`: the source can give another identity, or the identity has changed since
   * was refused, or the provider could not be looked for. The page's own cookies cannot be seen, so of them no change is expected.
   */
  get canChange(): boolean {
    const { identity, ask, read, setsCookies } = this.#sources
    const renewed = this.#refused !== undefined && this.#refused !== this.#version
    return (
      renewed ||
      !this.#settled ||
      (identity === undefined && (ask !== undefined || (read !== undefined && setsCookies)))
    )
  }

  /**
   * To be awaited before each dial, and before the first request of any kind: asks or reads, and has a token renewed that has
   * expired or soon will.
   * @param timeoutMs How long that may take, in milliseconds.
   * @param signal Ends the wait, without an error.
   * @throws MesheryError CREDENTIALS_UNREADABLE, retryable when it was asked for; TIMED_OUT; what `findProvider` and `renewToken`
   * throw.
   */
  load(timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    return this.#consult(timeoutMs, signal)
  }

  /**
   * Notes that the server refused the credentials of `version`. A provider that was found is looked for again. If it refused a
   * token of its own, the one that it replaced is used again.
   */
  refuse(version: number): void {
    const isBack = this.#given.refuse(version, this.#version)
    if (isBack) this.#become(this.#given.token, this.#provider)
    this.#refused = Math.max(isBack && this.#given.isRefused ? this.#version : version, this.#refused ?? 0)
    if (this.#looks && version === this.#version) this.#settled = false
  }

  /**
   * To be awaited after a refusal: asks or reads again. Resolves with whether the identity is another one than the refused one.
   * Takes and throws what `load` does.
   */
  async refresh(timeoutMs?: number, signal?: AbortSignal): Promise<boolean> {
    const refused = this.#refused ?? this.#version
    await this.#consult(timeoutMs, signal)
    return this.#version !== refused
  }

  /** The text of the `Cookie` header; undefined when there is none to send or it cannot be set here. */
  cookies(): string | undefined {
    return this.#sources.setsCookies ? cookieHeader(this.params()) : undefined
  }

  /** The payload of `connection_init`: `meshery-provider` and `token`, as far as there are any. */
  params(): Record<string, string> {
    return {
      ...(this.#provider !== '' && { 'meshery-provider': this.#provider }),
      ...(this.#token !== '' && { token: this.#token }),
    }
  }

  /**
   * Takes a fresh token, which an answer of the configured origin set as a cookie. Undefined changes nothing.
   * @param sent The `version` that was sent with the request: an answer to an older one is not taken.
   * @param isTrusted Default: whether the server set no token that it refused while the given one was good.
   */
  absorb(token: string | undefined, sent: number = this.#version, isTrusted: boolean = this.#given.trustsOthers): void {
    if (token === undefined) return
    this.secrets.learn('token', secretsIn(token))
    if (sent === this.#version && isTrusted) this.#become(token, this.#provider)
  }

  #consult(timeoutMs = this.#sources.timeout ?? 10_000, signal?: AbortSignal): Promise<void> {
    const late = (): MesheryError => {
      const message = `\`credentials\` did not answer within ${timeoutMs} ms (timeouts.connect)`
      return new MesheryError('TIMED_OUT', message, { phase: 'credentials' })
    }
    return this.#answer.join((isLast) => this.#ask(isLast), timeoutMs, late, signal)
  }

  async #ask(isLast: () => boolean): Promise<void> {
    await this.#accept(await this.#read(), isLast)
    const { renewToken } = this.#sources
    const sent = this.#version
    // What was asked for is taken, whatever became of a token that an answer set unasked.
    if (renewToken && this.#token !== '') this.absorb(await renewToken(this.#token, this.sentIdentity), sent, true)
    if (isLast()) this.#known = true
  }

  /** What the source gives now. */
  async #read(): Promise<SourcedIdentity> {
    const { identity, ask, read } = this.#sources
    try {
      const answer = identity ?? (ask === undefined ? ((await read?.()) ?? {}) : await ask())
      this.#check(answer)
      return answer
    } catch (cause) {
      // What is read fails with an error of its own, and so does what is wrong with its identity.
      if (ask === undefined) throw cause
      const message = `\`credentials\`: ${cause instanceof MesheryError ? cause.message : 'the function failed'}`
      throw new MesheryError('CREDENTIALS_UNREADABLE', message, { phase: 'credentials', retryable: true, cause })
    }
  }

  #check(identity: Identity): void {
    const problem = identityProblem(identity)
    if (problem !== undefined) {
      throw new MesheryError('CREDENTIALS_UNREADABLE', `The identity ${problem}`, { phase: 'credentials' })
    }
  }

  async #accept(identity: SourcedIdentity, isLast: () => boolean): Promise<void> {
    const answer = textOf(identity)
    const isSame = answer === this.#lastAnswer
    if (isSame && this.#settled) return
    const given = identity.token?.trim() ?? ''
    this.secrets.learn('token', secretsIn(given))
    let provider = identity.provider?.trim() ?? ''
    const from = identity.from ?? {}
    const { findProvider } = this.#sources
    const looks = provider === '' && findProvider !== undefined
    let settled = true
    if (looks) {
      const known = isSame ? this.#provider : ''
      const found = await findProvider({ ...this.sentIdentity, hasToken: given !== '', provider: known, from })
      settled = found !== undefined
      provider = found ?? known
    }
    // An older answer than that to the last question is not taken.
    if (!isLast()) return
    this.#lastAnswer = answer
    this.#from = from
    this.#looks = looks
    this.#settled = settled
    if (!isSame) this.#given = new GivenToken(given)
    // The token that the server gave in place of this one stays, also one that it gives while the provider is looked for.
    this.#become(isSame ? this.#token : given, provider)
  }

  #become(token: string, provider: string): void {
    if (token !== this.#token || provider !== this.#provider) this.#version += 1
    this.#token = token
    this.#provider = provider
    if (token === this.#given.token) this.#given.version = this.#version
    this.secrets.learn('token', secretsIn(token))
  }
}
