import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { MesheryError } from '../../base/errors.ts'
import type { ReleaseProfile } from '../releases/release-profile.ts'
import { goJSON } from '../wire/go.ts'

/** A remote provider, and the cookies that it requires. */
export interface Auth {
  /** The value of the `meshery-provider` cookie, such as `Meshery`. */
  readonly provider: string
  /** The value of the `token` cookie. */
  readonly token: string
  /** Where the provider's login page is. Default: one on a host that does not exist. */
  readonly loginUrl?: string
  /** The id of the user that the token belongs to. */
  readonly userID?: string
  /** Further remote providers that GET /api/providers lists. The fake accepts no login with them. */
  readonly others?: readonly string[]
}

/** Whether a request is admitted, with the cookies to set; or the refusal. */
export type AccessDecision =
  | { readonly allowed: true; readonly token: string; readonly cookies: readonly string[] }
  | {
      readonly allowed: false
      readonly status: number
      readonly headers: OutgoingHttpHeaders
      readonly body: string
    }

const refusal = (status: number, headers: OutgoingHttpHeaders = {}, body = ''): AccessDecision => ({
  allowed: false,
  status,
  headers,
  body,
})

const redirect = (location: string, cookies: string[] = []): AccessDecision =>
  refusal(
    302,
    {
      location,
      'content-type': 'text/html; charset=utf-8',
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    },
    `<a href="${location.replaceAll('&', '&amp;')}">Found</a>.\n\n`,
  )

const deletedToken = 'token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly'
/** Before late v0.7 a refused token comes back unchanged, as a cookie that expires at once. */
const returnedToken = (token: string): string => `token=${token}; Path=/; Max-Age=0`

/** The cookies of a request, by name. */
export const cookiesOf = (request: IncomingMessage): ReadonlyMap<string, string> =>
  new Map(
    (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )

/** A request whose credentials are checked. */
export interface AccessRequest {
  readonly request: IncomingMessage
  readonly url: URL
  readonly releaseProfile: ReleaseProfile
  /** Whether the remote provider cannot be reached. */
  readonly isDown: boolean
}

/** Whether a release is before late v0.7. Late v0.7 and v0.8 redirect as v1.0 does, but distinguish no refusals of a token yet. */
const isOld = ({ distinguishesRefusals, release }: ReleaseProfile): boolean =>
  !distinguishesRefusals && release !== 'v0.8'

/** The query parameter in which v1.0 remembers the requested page. */
const refOf = (url: URL): string => `ref=${Buffer.from(url.pathname + url.search).toString('base64url')}`

/** Where a client chooses a provider. */
function providerPage(url: URL, releaseProfile: ReleaseProfile): string {
  if (isOld(releaseProfile)) return '/provider'
  return `/provider?${url.search === '' ? '' : `${url.search.slice(1)}&`}${refOf(url)}`
}

/**
 * Meshery's identity provider: admits requests that name it, with its token if it is remote. The session check of the Local provider
 * always passes, but a request without its name is redirected before that.
 */
export class IdentityProvider {
  readonly #auth: Auth | undefined
  #token: string
  readonly #accepted: Set<string>

  constructor(auth: Auth | undefined) {
    this.#auth = auth
    this.#token = auth?.token ?? ''
    this.#accepted = new Set([this.#token])
  }

  get isRemote(): boolean {
    return this.#auth !== undefined
  }

  /** The providers by name, each with its type. */
  providers(releaseProfile: ReleaseProfile): ReadonlyMap<string, 'local' | 'remote'> {
    const auth = this.#auth
    if (!auth) return new Map([[releaseProfile.localProvider, 'local']])
    return new Map([auth.provider, ...(auth.others ?? [])].map((name) => [name, 'remote']))
  }

  providerName(releaseProfile: ReleaseProfile): string {
    return this.#auth?.provider ?? releaseProfile.localProvider
  }

  /** The id of the user. Null stands for the nil UUID. */
  user(releaseProfile: ReleaseProfile): string | null {
    return this.#auth ? (this.#auth.userID ?? '4f6d1a52-7f0e-4a55-9d5c-3a6b1f0c2e77') : releaseProfile.localUser
  }

  /** Rejects every token from now on. */
  expire(): void {
    this.#requireAuth()
    this.#accepted.clear()
  }

  /** Accepts only this token from now on. */
  accept(token: string): void {
    this.#requireAuth()
    this.#accepted.clear()
    this.#accepted.add(token)
    this.#token = token
  }

  /** Keeps the earlier tokens valid, but every HTTP answer to them sets the fresh one as a cookie. */
  rotate(fresh: string): void {
    this.#requireAuth()
    this.#accepted.add(fresh)
    this.#token = fresh
  }

  check(access: AccessRequest): AccessDecision {
    const { request, url, releaseProfile } = access
    const named =
      cookiesOf(request).get('meshery-provider') ??
      request.headers['meshery-provider'] ??
      url.searchParams.get('provider')
    if (this.#auth) {
      return named === this.#auth.provider
        ? this.#checkToken(access, this.#auth)
        : redirect(providerPage(url, releaseProfile))
    }
    // `None` is the earlier name of the Local provider, which later releases still accept.
    const isLocal = named === releaseProfile.localProvider || (named === 'None' && releaseProfile.distinguishesRefusals)
    return isLocal ? { allowed: true, token: '', cookies: [] } : redirect(providerPage(url, releaseProfile))
  }

  #checkToken(access: AccessRequest, auth: Auth): AccessDecision {
    const { request, url, releaseProfile, isDown } = access
    const cookies = cookiesOf(request)
    const token = cookies.get('token') ?? ''
    const login = cookies.has('meshery-provider') ? `/auth/login${url.search}` : providerPage(url, releaseProfile)
    if (token === '') return isOld(releaseProfile) ? redirect(login) : remoteLogin(access, auth)
    if (isDown && releaseProfile.distinguishesRefusals) {
      return refusal(503, { 'content-type': 'application/json' }, `${goJSON(unreachable)}\n`)
    }
    if (!isDown && this.#accepted.has(token)) return this.#admit(token)
    if (releaseProfile.distinguishesRefusals) return retriedLogin(cookies, login)
    return redirect(login, [isOld(releaseProfile) ? returnedToken(token) : deletedToken])
  }

  #admit(token: string): AccessDecision {
    const isStale = token !== this.#token
    return { allowed: true, token: this.#token, cookies: isStale ? [`token=${this.#token}; Path=/; HttpOnly`] : [] }
  }

  #requireAuth(): void {
    if (this.#auth) return
    throw new MesheryError('INVALID_OPTION', 'The Local provider has no tokens: pass `auth` to startFakeMeshery.', {
      phase: 'options',
    })
  }
}

/** The redirect to the login page of the remote provider, for a request without a token. */
function remoteLogin({ request, url, releaseProfile }: AccessRequest, auth: Auth): AccessDecision {
  if (request.method !== 'GET') return refusal(404)
  const source = Buffer.from(`http://${request.headers.host ?? ''}`).toString('base64url')
  const page = auth.loginUrl ?? 'https://cloud.meshery.invalid/login'
  const versions = `provider_version=v0.3.14&meshery_version=${releaseProfile.build}`
  return redirect(`${page}?source=${source}&${versions}&${refOf(url)}`)
}

/** Redirects a refused token to the login three times, then answers 401. */
function retriedLogin(cookies: ReadonlyMap<string, string>, login: string): AccessDecision {
  const tries = Number(cookies.get('meshery_auth_retries') ?? 0)
  if (tries < 3) {
    return redirect(login, [deletedToken, `meshery_auth_retries=${tries + 1}; Path=/; Max-Age=120; HttpOnly`])
  }
  return refusal(
    401,
    { 'content-type': 'text/plain; charset=utf-8', 'set-cookie': [deletedToken] },
    'Authentication failed after multiple attempts. Please log in again.\n',
  )
}

const unreachable = {
  error: 'Could not reach the remote provider',
  code: 'meshery-server-1375',
  severity: 'ERROR',
  probableCause: ['The remote provider is down or cannot be reached from Meshery Server.'],
  suggestedRemediation: ['Try again in a while.'],
  longDescription: ['The user could not be loaded from the remote provider.'],
}
