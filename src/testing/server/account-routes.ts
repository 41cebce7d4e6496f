import type { ServerResponse } from 'node:http'
import { reply, replyJSON } from '../network/http-reply.ts'
import type { FakeState } from './fake-state.ts'

/** GET /api/system/version, without credentials. */
export function showVersion({ releaseProfile }: FakeState, response: ServerResponse): void {
  const { build, snakeCase } = releaseProfile
  const channel = snakeCase ? { release_channel: 'stable' } : { releaseChannel: 'stable' }
  replyJSON(response, { build, latest: build, outdated: false, commitsha: '0a1b2c3d', ...channel })
}

/** GET /api/token: the credentials, in the form of mesheryctl's auth.json. */
export function showToken(
  { releaseProfile, identityProvider }: FakeState,
  token: string,
  response: ServerResponse,
): void {
  replyJSON(response, { 'meshery-provider': identityProvider.providerName(releaseProfile), token })
}

/** GET /api/providers, without credentials. */
export function showProviders({ releaseProfile, identityProvider }: FakeState, response: ServerResponse): void {
  const describe = (name: string, type: string): Record<string, string> =>
    releaseProfile.snakeCase
      ? { provider_type: type, provider_name: name, provider_url: '' }
      : { providerType: type, providerName: name, providerUrl: '' }
  const listed = [...identityProvider.providers(releaseProfile)].map(([name, type]) => [name, describe(name, type)])
  replyJSON(response, Object.fromEntries(listed))
}

/** GET /api/provider?provider=: chooses a provider by a cookie. The answer to an unknown one is empty. */
export function chooseProvider(
  { releaseProfile, identityProvider }: FakeState,
  url: URL,
  response: ServerResponse,
): void {
  const requested = url.searchParams.get('provider')
  const name = requested === 'None' ? releaseProfile.localProvider : requested
  const cookie = { 'set-cookie': `meshery-provider=${name}; Path=/; HttpOnly` }
  if (name === releaseProfile.localProvider) reply(response, 302, { location: '/', ...cookie })
  else if (identityProvider.isRemote && name === identityProvider.providerName(releaseProfile)) {
    reply(response, 302, { location: `/user/login${url.search}`, ...cookie })
  } else reply(response, 200)
}

/** A page for people, at the end of a redirect. */
export function showPage(title: string, response: ServerResponse): void {
  const page = `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`
  reply(response, 200, { 'content-type': 'text/html; charset=utf-8' }, page)
}
