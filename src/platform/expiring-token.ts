import { answerError } from '../base/answer-errors.ts'
import { isRecord } from '../base/checks.ts'
import { freshTokenRemedy, type SentIdentity, tokenSource } from '../base/credentials-refused.ts'
import { MesheryError } from '../base/errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { freshToken } from '../credentials/cookie.ts'
import { cookieHeader, joinCookies } from '../credentials/cookie-header.ts'
import { isCookieValue } from '../credentials/cookie-value.ts'
import { expiryOf } from '../credentials/secrets.ts'
import { renewalDueAt } from '../credentials/token-age.ts'
import { beginning, wholeText } from './body.ts'
import type { HttpResponse, Platform, ProviderRequest } from './platform.ts'

const path = '/api/token'

/** What is known of the last token that was looked at. */
interface TokenRecord {
  readonly token: string
  /** In milliseconds since 1970. */
  readonly expires: number
  /** From when on the server is asked for another one, in milliseconds since 1970. */
  readonly dueAt: number
  /** Whether the server refused it. A refused token is not sent again. */
  isRefused: boolean
  /** Whether the server was asked for another one. */
  isAsked: boolean
}

/** The last token that the server gave, and for which one. */
interface Renewal {
  readonly token: string
  readonly until: number
}

/** A token of the server that is refused within this time, in milliseconds, was never good. */
const leastUseMs = 60_000

/** After so many of them in a row, no more are taken. */
const uselessUntilDistrust = 3

/** What the server answers: another token, none, or that it refuses this one. */
type Answer = { readonly fresh: string | undefined } | 'refused'

/**
 * Knows how old the token of a client is, and asks the server for another one in time: Meshery renews a token with its provider,
 * as soon as it has expired, and GET /api/token shows the result.
 */
export class ExpiringToken {
  readonly #fetch: Platform['fetch']
  #record: TokenRecord | undefined
  #renewal: Renewal | undefined
  /** How many tokens in a row the server gave and refused at once. */
  #useless = 0

  constructor(fetch: Platform['fetch']) {
    this.#fetch = fetch
  }

  /**
   * A token in place of this one, if it has expired or soon will. Undefined when none is needed, or the server gives none.
   * @throws MesheryError CREDENTIALS_REFUSED when it has expired by the clock of this machine, and the server refuses it.
   */
  async renew(token: string, who: SentIdentity, request: ProviderRequest): Promise<string | undefined> {
    const record = this.#recordOf(token)
    // Without a provider every request is refused, whatever its token.
    if (!(Date.now() >= record.dueAt) || who.provider === '') return undefined
    // Refused credentials are not sent again unchanged; one that has expired is sent to be renewed, once.
    if (who.isRefused && (record.isAsked || Date.now() < record.expires)) return undefined
    record.isAsked ||= Date.now() >= record.expires
    const answer = record.isRefused ? 'refused' : await this.#ask(token, who, request)
    if (answer !== 'refused') return this.#trusted(token, answer.fresh)
    record.isRefused = true
    if (Date.now() < record.expires) return undefined
    const expiry = new Date(record.expires).toISOString()
    const message = `The token from ${tokenSource(who)} expired at ${expiry}, and ${request.url.origin} does not renew it`
    const remedy = freshTokenRemedy(who)
    throw new MesheryError('CREDENTIALS_REFUSED', message, {
      phase: 'credentials',
      ...(remedy !== undefined && { remedy }),
      details: { expires: record.expires },
    })
  }

  #recordOf(token: string): TokenRecord {
    if (this.#record?.token !== token) {
      const expires = expiryOf(token)
      this.#record = { token, expires, dueAt: renewalDueAt(expires, Date.now()), isRefused: false, isAsked: false }
    }
    return this.#record
  }

  /** The fresh token, unless those before it did not last: each was refused, so that this one is to be renewed again. */
  #trusted(token: string, fresh: string | undefined): string | undefined {
    if (fresh === undefined) return undefined
    const isUseless = this.#renewal?.token === token && Date.now() < this.#renewal.until
    this.#useless = isUseless ? this.#useless + 1 : 0
    if (this.#useless >= uselessUntilDistrust) return undefined
    const { dueAt } = this.#recordOf(fresh)
    this.#renewal = { token, until: Math.min(Date.now() + leastUseMs, dueAt || Infinity) }
    return fresh
  }

  async #ask(token: string, who: SentIdentity, request: ProviderRequest): Promise<Answer> {
    const nothing = { fresh: undefined }
    const { timeout, holds } = request
    try {
      holds.throwIfHeld(path, 'credentials', false)
      const late = (): MesheryError => new MesheryError('TIMED_OUT', 'GET /api/token', { phase: 'credentials' })
      const fresh = await withTimeout(timeout, late, undefined, (signal) => this.#request(token, who, request, signal))
      return fresh === token ? nothing : { fresh }
    } catch (error) {
      if (error instanceof MesheryError && isOfToken(error)) return 'refused'
      // Whatever keeps this request from being answered, the dial that follows meets it, and reports it.
      return nothing
    }
  }

  /** The token that the server has for the client: that of `Set-Cookie`, else that in the body. */
  async #request(
    token: string,
    who: SentIdentity,
    { url, headers, limit, holds }: ProviderRequest,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const address = url.href.replace(/\/+$/, '') + path
    const own = cookieHeader({ ...(who.provider !== '' && { 'meshery-provider': who.provider }), token })
    const cookie = joinCookies(own, headers['cookie'])
    const response = await this.#fetch(address, {
      headers: { ...headers, accept: 'application/json', ...(cookie !== undefined && { cookie }) },
      redirect: 'manual',
      signal,
    })
    if (response.ok) {
      const text = await wholeText(response, { address, phase: 'credentials', limit, signal })
      return freshToken(response.headers, address) ?? tokenIn(text)
    }
    throw await refusal(response, address, holds)
  }
}

/**
 * Whether it refuses the token. A redirect to the choice of a provider refuses the provider, and a 403 is that of a gateway: Meshery
 * answers 302 or 401.
 */
const isOfToken = ({ code, details }: MesheryError): boolean =>
  code === 'CREDENTIALS_REFUSED' && details['status'] !== 403 && !/\/provider\/?$/.test(String(details['location']))

/** The token in the body, in the form of mesheryctl's auth.json. */
function tokenIn(text: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text)
    const token = isRecord(json) ? json['token'] : undefined
    return typeof token === 'string' && token !== '' && isCookieValue(token) ? token : undefined
  } catch {
    // A page for people, where something else than Meshery answers for this path.
    return undefined
  }
}

/** The error of an answer that is no token. */
async function refusal(
  response: HttpResponse,
  address: string,
  holds: ProviderRequest['holds'],
): Promise<MesheryError> {
  await beginning(response.body)
  // Without the body: the server may quote the headers in it.
  const answer = { status: response.status, headers: response.headers, body: '' }
  const error = answerError(answer, { url: address, phase: 'credentials', token: true })
  holds.remember(error, path)
  return error
}
