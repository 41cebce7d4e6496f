import { expect, test } from 'vitest'
import { Attempt } from './attempt.ts'
import { Gqlgen } from './gqlgen.ts'

test.each([
  [302, { location: '/auth/login?' }, { code: 'CREDENTIALS_REFUSED', retryable: false }],
  [302, { location: '/provider' }, { code: 'CREDENTIALS_REFUSED', retryable: false }],
  [302, { location: 'https://login.example.com/' }, { code: 'GATEWAY_LOGIN', retryable: false }],
  [401, {}, { code: 'CREDENTIALS_REFUSED', retryable: false }],
  [403, {}, { code: 'CREDENTIALS_REFUSED', retryable: false }],
  [400, {}, { code: 'TRANSPORT_UNAVAILABLE', retryable: false }],
  [
    400,
    { upgradeBody: '{"errors":[{"message":"transport not supported"}],"data":null}' },
    { code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true } },
  ],
  [404, {}, { code: 'TRANSPORT_UNAVAILABLE', retryable: false }],
  [422, {}, { code: 'TRANSPORT_UNAVAILABLE', retryable: false }],
  [503, {}, { code: 'SERVER_ERROR', retryable: true }],
])('case 31: an upgrade answered with %i %o is %o', async (upgradeStatus, settings, wanted) => {
  await using server = await Gqlgen.start()
  await server.set({ upgradeStatus, ...settings })
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testMute }')
  expect(await attempt.ended()).toMatchObject({ phase: 'upgrade', ...wanted })
  expect(listener.ends).toEqual([])
  expect((await server.state()).upgrades).toBe(1)
})

test('the cookies of the upgrade decide who is accepted', async () => {
  await using server = await Gqlgen.start(['-token', 'right'])
  await using stranger = await Attempt.open(server.url)
  stranger.follow('subscription { testMute }')
  expect(await stranger.ended()).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  await using refused = await Attempt.open(server.url, { identity: { token: 'wrong-token', provider: 'Meshery' } })
  refused.follow('subscription { testMute }')
  const error = await refused.ended()
  expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  expect(`${error} ${JSON.stringify(error)} ${error?.stack}`).not.toContain('wrong-token')
  await using known = await Attempt.open(server.url, { identity: { token: 'right', provider: 'Meshery' } })
  expect(await known.follow('{ testEcho(text: "x") }').end1()).toBeUndefined()
})
