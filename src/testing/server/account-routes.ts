import type { ServerResponse } from 'node:http'
import { reply, replyJSON } from '../network/http-reply.ts'
import type { FakeState } from './fake-state.ts'

/** GET /api/system/version, open to all. */
export function showVersion({ releaseProfile }: FakeState, response: ServerResponse): void {
  const { build, snake } = releaseProfile
  const channel = snake ? { release_channel: 'stable' } : { releaseChannel: 'stable' }
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

/** GET /api/providers, open to all. */
export function showProviders({ releaseProfile, identityProvider }: FakeState, response: ServerResponse): void {
  const describe = (name: string, type: string): Record<string, string> =>
    releaseProfile.snake
      ? { provider_type: type, provider_name: name, provider_url: '' }
      : { providerType: type, providerName: name, providerUrl: '' }
  const listed = [...identityProvider.providers(releaseProfile)].map(([name, type]) => [name, describe(name, type)])
  replyJSON(response, Object.fromEntries(listed))
}

/** GET /api/provider?provider=: chooses a provider by a cookie. An unknown one is answered with nothing. */
export function chooseProvider(
  { releaseProfile, identityProvider }: FakeState,
  url: URL,
  response: ServerResponse,
): void {
  const wanted = url.searchParams.get('provider')
  const name = wanted === 'None' ? releaseProfile.localProvider : wanted
  const cookie = { 'set-cookie': `meshery-provider=${name}; Path=/; HttpOnly` }
  if (name === releaseProfile.localProvider) reply(response, 302, { location: '/', ...cookie })
  else if (identityProvider.isRemote && name === identityProvider.providerName(releaseProfile)) {
    reply(response, 302, { location: `/user/login${url.search}`, ...cookie })
  } else reply(response, 200)
}

/** A page for people, where redirects end. */
export function showPage(title: string, response: ServerResponse): void {
  const page = `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`
  reply(response, 200, { 'content-type': 'text/html; charset=utf-8' }, page)
}
