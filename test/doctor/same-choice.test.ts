import { describe, expect, it } from 'vitest'
import { diagnose } from '../../src/doctor/index.ts'
import type { MesheryOptions } from '../../src/index.ts'
import { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from '../../src/testing/index.ts'
import { hasty } from '../client/watching.ts'
import { sampled } from '../sample.ts'
import { choiceOfClient } from './choice-of-client.ts'

interface Situation {
  readonly what: string
  readonly release: NonNullable<FakeMesheryOptions['release']>
  readonly set: (fake: FakeMeshery) => void
  readonly options?: FakeMesheryOptions
}

const situation = (
  what: string,
  release: Situation['release'],
  set: Situation['set'] = () => {},
  options: FakeMesheryOptions = {},
): Situation => ({ what, release, set, options })

const situations: readonly Situation[] = [
  situation('everything passes', 'v0.6', () => {}),
  situation('everything passes', 'v0.7', () => {}),
  situation('everything passes', 'v1.0', () => {}),
  situation('everything passes', 'v1.0.52', () => {}),
  situation('everything passes', 'current', () => {}),
  situation('upgrades are stripped', 'v1.0', ({ faults }) => faults.block('websocket')),
  situation('upgrades are stripped', 'current', ({ faults }) => faults.block('websocket')),
  situation('upgrades are answered with 403', 'v1.0', ({ faults }) => faults.answer('upgrade', 403)),
  situation('upgrades are answered with 502', 'v1.0', ({ faults }) => faults.answer('upgrade', 502)),
  situation('upgrades are reset', 'v1.0', ({ faults }) => faults.answer('upgrade', 'reset')),
  situation('upgrades get no answer', 'v1.0', ({ faults }) => faults.answer('upgrade', 'silence')),
  situation('connections are cut after 300 ms', 'v1.0', ({ faults }) => faults.cutYoung(300)),
  situation('SSE is answered with 404', 'current', ({ faults }) => faults.answer('sse', 404)),
  situation('SSE is held back', 'current', ({ faults }) => faults.block('sse')),
  situation('the store answers 500', 'v1.0', ({ faults }) => faults.answer('store', 500)),
  situation('the release is not shown', 'v1.0', ({ faults }) => faults.answer('version', 500)),
  situation('the path of the release is not passed', 'current', ({ faults }) => faults.answer('version', 404)),
  situation('the release has no events', 'v0.6', () => {}, { events: false }),
  situation('the token is refused', 'current', ({ faults }) => faults.expireToken(), {
    auth: { provider: 'Meshery', token: 'a-token' },
  }),
  situation('a gateway wants a login', 'current', ({ faults }) =>
    faults.answer('everything', 401, { headers: { 'www-authenticate': 'Basic' } }),
  ),
  situation('another server has the address', 'current', ({ faults }) => faults.answer('everything', 404)),
]

describe('a diagnosis names the transport that the client uses', () => {
  it.concurrent.each(sampled(situations, 3))('if $what: $release', async ({ release, set, options }) => {
    // One for the diagnosis and one for the client, so that both run at the same time.
    await using diagnosed = await startFakeMeshery({ release, keepAlive: 200, ...options })
    await using used = await startFakeMeshery({ release, keepAlive: 200, ...options })
    for (const fake of [diagnosed, used]) set(fake)
    const auth = options?.auth
    const given: MesheryOptions = {
      ...hasty,
      // A busy machine must not look like a network that blocks.
      timeouts: { ...hasty.timeouts, connect: 4_000, request: 4_000, pong: 4_000, firstByte: 4_000 },
      ...(auth && { provider: auth.provider, token: auth.token }),
    }
    const named = diagnose({ ...given, url: diagnosed.url }).then(({ transport }) => transport)
    expect(await choiceOfClient(used.url, given, named)).toBe(await named)
  })
})
