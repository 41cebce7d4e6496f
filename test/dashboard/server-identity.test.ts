import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { until } from '../client/watching.ts'
import { listen } from '../platform/http-server.ts'
import { behindCheck, identity, json, openStream, serveBefore, token } from './before.ts'
import { serve } from './served.ts'

describe('the identity', () => {
  test('is that of the command: no cookie and no header of the browser reaches Meshery', async () => {
    await using pair = await serveBefore((_, response) => json(response, {}))
    const { own, meshery } = pair
    const headers = {
      cookie: `${own.cookie}; token=planted-browser-token; meshery-provider=Planted`,
      authorization: 'Bearer planted-bearer',
      'x-forwarded-for': '1.2.3.4',
      'x-planted': 'planted',
      referer: `${own.url}/?planted`,
      'accept-language': 'de',
      te: 'trailers',
    }
    const { status } = await own.get('/api/system/events?page=0&search=a%2Fb', { headers })
    expect(status).toBe(200)
    expect(meshery.requests.map(({ url }) => url)).toEqual(['/api/system/events?page=0&search=a%2Fb'])
    expect(meshery.requests[0]?.headers).toEqual({
      host: new URL(meshery.url).host,
      connection: 'keep-alive',
      accept: 'application/json',
      'accept-encoding': 'identity',
      cookie: `meshery-provider=Meshery; token=${token}`,
    })
  })

  test('includes the user and password for a gateway in front of Meshery', async () => {
    await using meshery = await listen(behindCheck((_, response) => json(response, {})))
    await using own = await serve({ url: meshery.url.replace('//', '//user:planted-password@'), ...identity })
    await own.get('/api/application')
    const authorization = `Basic ${Buffer.from('user:planted-password').toString('base64')}`
    expect(meshery.requests.at(-1)?.headers.authorization).toBe(authorization)
  })

  test('stays here when Meshery sets a cookie: the next request has the new token, and the browser has none', async () => {
    await using pair = await serveBefore((_, response) => {
      response.setHeader('set-cookie', ['token=planted-renewed-token; Path=/', 'session_cookie=planted; Path=/'])
      json(response, {})
    })
    const { headers } = await pair.own.get('/api/application')
    expect(headers['set-cookie']).toBeUndefined()
    await pair.own.get('/api/application')
    expect(pair.meshery.requests.at(-1)?.headers.cookie).toBe('meshery-provider=Meshery; token=planted-renewed-token')
  })

  test('is read again after a refusal, and the request sent once more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshery-live-token-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'auth.json')
    const write = (value: string): void =>
      writeFileSync(path, JSON.stringify({ token: value, 'meshery-provider': 'Meshery' }))
    write(token)
    await using fake = await startFakeMeshery({ auth: identity })
    await using own = await serve({ url: fake.url }, { env: { MESHERY_TOKEN_PATH: path }, home: undefined })
    const fresh = 'planted-fresh-token-of-a-login'
    fake.faults.expireToken()
    fake.faults.acceptToken(fresh)
    fake.stats.reset()
    const refused = await own.get('/api/system/events')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, undefined])
    expect(refused.body).toContain('is refused')
    // Nothing has changed, so it was sent once.
    expect(fake.stats.requests).toHaveLength(1)
    expect(own.problems.at(-1)).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    write(fresh)
    expect((await own.get('/api/system/events')).status).toBe(200)
    expect(own.problems.at(-1)).toBeUndefined()
  })

  test('is not asked of the browser: a login that a gateway wants does not become a dialogue', async () => {
    await using pair = await serveBefore((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const { status, headers } = await pair.own.get('/api/application')
    expect([status, headers['www-authenticate']]).toEqual([401, undefined])
    expect(pair.own.problems.at(-1)).toMatchObject({ code: 'GATEWAY_LOGIN' })
  })

  test('is renewed before the token expires, and a stream with the old token is closed', {
    tags: ['full'],
  }, async () => {
    const tokenUntil = (expires: number): string =>
      Buffer.from(
        JSON.stringify({ access_token: `planted-${expires}`, expiry: new Date(expires).toISOString() }),
      ).toString('base64')
    const [old, fresh] = [tokenUntil(Date.now() + 4_000), tokenUntil(Date.now() + 86_400_000)]
    const auth = { provider: 'Meshery', token: old }
    await using fake = await startFakeMeshery({ auth })
    await using own = await serve({ url: fake.url, ...auth })
    const answer = await openStream(own)
    const cut = new Promise((resolve) => answer.on('error', resolve).resume())
    await until(() => expect(fake.stats.openStreams).toBe(1))
    fake.faults.rotateToken(fresh)
    await cut
    const again = await openStream(own)
    expect(again.statusCode).toBe(200)
    expect(fake.stats.dials.at(-1)?.headers.cookie).toContain(fresh)
    again.destroy()
  })
})
