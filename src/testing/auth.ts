import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { MesheryError } from '../base/errors.ts'
import { goJSON } from './go.ts'
import type { Manners } from './release.ts'

/** A remote provider, and the cookies that it wants. */
export interface Auth {
  /** The value of the `meshery-provider` cookie, such as `Meshery`. */
  readonly provider: string
  /** The value of the `token` cookie. */
  readonly token: string
  /** Where the provider's login page is. Default: one on a host that does not exist. */
  readonly loginUrl?: string
  /** The id of the user that the token belongs to. */
  readonly userID?: string
  /** Further remote providers that GET /api/providers lists. Nobody can log in with them. */
  readonly others?: readonly string[]
}

/** What comes of the cookies of a request. */
export type Verdict =
  | { readonly allowed: true; readonly token: string; readonly cookies: readonly string[] }
  | {
      readonly allowed: false
      readonly status: number
      readonly headers: OutgoingHttpHeaders
      readonly body: string
    }

const refusal = (status: number, headers: OutgoingHttpHeaders = {}, body = ''): Verdict => ({
  allowed: false,
  status,
  headers,
  body,
})

const redirect = (location: string, cookies: string[] = []): Verdict =>
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
/** Before late v0.7 a refused token comes back as it is, over at once. */
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

/**
 * Decides who gets in: whoever names the provider of the server, with its token where it has one. The session check of the
 * Local provider always passes, but without its name nobody gets that far.
 */
export class Gatekeeper {
  readonly #auth: Auth | undefined
  #token: string
  readonly #accepted: Set<string>

  constructor(auth: Auth | undefined) {
    this.#auth = auth
    this.#token = auth?.token ?? ''
    this.#accepted = new Set([this.#token])
  }

  get remote(): boolean {
    return this.#auth !== undefined
  }

  /** The providers by name, each with its type. */
  providers(manners: Manners): ReadonlyMap<string, 'local' | 'remote'> {
    const auth = this.#auth
    if (!auth) return new Map([[manners.localProvider, 'local']])
    return new Map([auth.provider, ...(auth.others ?? [])].map((name) => [name, 'remote']))
  }

  providerName(manners: Manners): string {
    return this.#auth?.provider ?? manners.localProvider
  }

  user(manners: Manners): string | null {
    return this.#auth ? (this.#auth.userID ?? '4f6d1a52-7f0e-4a55-9d5c-3a6b1f0c2e77') : manners.localUser
  }

  /** From now on no token is accepted. */
  expire(): void {
    this.#needAuth()
    this.#accepted.clear()
  }

  /** From now on only this token is accepted. */
  accept(token: string): void {
    this.#needAuth()
    this.#accepted.clear()
    this.#accepted.add(token)
    this.#token = token
  }

  /** The tokens of before stay good, but every HTTP answer to them brings the fresh one as a cookie. */
  rotate(fresh: string): void {
    this.#needAuth()
    this.#accepted.add(fresh)
    this.#token = fresh
  }

  check(request: IncomingMessage, url: URL, manners: Manners, down: boolean): Verdict {
    const auth = this.#auth
    const cookies = cookiesOf(request)
    const query = url.search.slice(1)
    const ref = `ref=${Buffer.from(url.pathname + url.search).toString('base64url')}`
    // Late v0.7 and v0.8 are on the way to v1.0: only what is wrong with a token they do not tell apart yet.
    const isOld = !manners.tellsRefusals && manners.release !== 'v0.8'
    const choose = isOld ? '/provider' : `/provider?${query === '' ? '' : `${query}&`}${ref}`
    const header = request.headers['meshery-provider']
    const named = cookies.get('meshery-provider') ?? header ?? url.searchParams.get('provider')
    if (!auth) {
      // `None` is the old name of it, which is still understood.
      const known = named === manners.localProvider || (named === 'None' && manners.tellsRefusals)
      return known ? { allowed: true, token: '', cookies: [] } : redirect(choose)
    }
    if (named !== auth.provider) return redirect(choose)
    const token = cookies.get('token') ?? ''
    const logIn = cookies.has('meshery-provider') ? `/auth/login${query === '' ? '' : `?${query}`}` : choose
    if (token === '' && isOld) return redirect(logIn)
    if (token === '') {
      if (request.method !== 'GET') return refusal(404)
      const source = Buffer.from(`http://${request.headers.host ?? ''}`).toString('base64url')
      const login = auth.loginUrl ?? 'https://cloud.meshery.invalid/login'
      return redirect(`${login}?source=${source}&provider_version=v0.3.14&meshery_version=${manners.build}&${ref}`)
    }
    if (!manners.tellsRefusals) {
      if (!down && this.#accepted.has(token)) return this.#letIn(token)
      return redirect(logIn, [isOld ? returnedToken(token) : deletedToken])
    }
    if (down) return refusal(503, { 'content-type': 'application/json' }, `${goJSON(unreachable)}\n`)
    if (this.#accepted.has(token)) return this.#letIn(token)
    const tries = Number(cookies.get('meshery_auth_retries') ?? 0)
    if (tries >= 3) {
      return refusal(
        401,
        { 'content-type': 'text/plain; charset=utf-8', 'set-cookie': [deletedToken] },
        'Authentication failed after multiple attempts. Please log in again.\n',
      )
    }
    return redirect(logIn, [deletedToken, `meshery_auth_retries=${tries + 1}; Path=/; Max-Age=120; HttpOnly`])
  }

  #letIn(token: string): Verdict {
    const fresh = token !== this.#token
    return { allowed: true, token: this.#token, cookies: fresh ? [`token=${this.#token}; Path=/; HttpOnly`] : [] }
  }

  #needAuth(): void {
    if (this.#auth) return
    throw new MesheryError('INVALID_OPTION', 'The Local provider has no tokens: pass `auth` to startFakeMeshery.', {
      phase: 'options',
    })
  }
}

const unreachable = {
  error: 'Could not reach the remote provider',
  code: 'meshery-server-1375',
  severity: 'ERROR',
  probableCause: ['The remote provider is down or cannot be reached from Meshery Server.'],
  suggestedRemediation: ['Try again in a while.'],
  longDescription: ['The user could not be loaded from the remote provider.'],
}
