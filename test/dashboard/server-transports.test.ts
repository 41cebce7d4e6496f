import { expect, test } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { compare } from '../client/law-10-differences.ts'
import { remoteUser, type Subject, subjectsFor } from '../client/law-10-world.ts'
import { followState } from '../client/states.ts'
import { gotAll, hasty, isLive, until, watch } from '../client/watching.ts'
import { availability } from '../docs/availability.ts'
import { sampled } from '../sample.ts'
import { serve } from './served.ts'

const identity = { provider: 'Meshery', token: 'token-of-the-user' }
const auth = { ...identity, userID: remoteUser }
const releases: readonly Release[] = ['v0.7', 'v0.8', 'v1.0', 'current']
const transports: readonly TransportName[] = ['websocket', 'sse', 'polling']
const streams = subjectsFor(remoteUser)

/** A page's client, as far as Node can be one: it sends the cookie of the dashboard, and no identity that Meshery accepts. */
const pageClient = (url: string, cookie: string, transport: TransportName) => ({
  ...hasty,
  url,
  headers: { cookie },
  provider: 'Nowhere',
  transports: [transport],
})

const places = streams.flatMap((stream) =>
  releases.flatMap((release) =>
    transports
      .filter((transport) => availability(stream.declared, transport, release) !== 'not there')
      .map((transport): [string, Release, TransportName, Subject] => [stream.title, release, transport, stream]),
  ),
)

test.concurrent.each(sampled(places, 2, 'dashboard'))(
  'a page gets the %s of %s over %s',
  async (_title, release, transport, stream) => {
    await using fake = await startFakeMeshery({ release, auth })
    stream.prepare?.(fake)
    await using own = await serve({ url: fake.url, ...identity })
    await using meshery = createMeshery(pageClient(own.url, own.cookie, transport))
    const followed = followState(() => stream.subscribe(meshery))
    await followed.subscription.ready
    await until(() => expect(['live', 'polling']).toContain(followed.subscription.status.state))
    const place = { release, transport, conditions: [] }
    // What is read less often than once a minute shows no later act.
    const isSlow = transport === 'polling' && (stream.declared.readEveryMs?.polling ?? 0) > 60_000
    for (const { play, truth } of isSlow ? stream.acts.slice(0, 1) : stream.acts) {
      await play(fake)
      await followed.newest(() => {
        const told = stream.declared.name === 'subscribeEvents' ? followed.values : followed.values.at(-1)
        const { expected, actual } = compare(stream.declared.name, place, truth, told)
        expect(actual).toEqual(expected)
      })
    }
  },
)

/** Where events are pushed. */
const pushed = [
  ['v0.7', 'websocket'],
  ['v0.8', 'websocket'],
  ['v1.0', 'websocket'],
  ['current', 'sse'],
] as const

test.concurrent.each(sampled(pushed, 1, 'pushed'))(
  'on %s events arrive over %s as they are stored, and after a cut of the connection to Meshery',
  async (release, transport) => {
    await using fake = await startFakeMeshery({ release, auth })
    await using own = await serve({ url: fake.url, ...identity })
    await using watching = watch(own.url, { options: pageClient(own.url, own.cookie, transport) })
    await isLive(watching)
    const stored = [fake.events.add({ description: 'one' })]
    await gotAll(watching, stored)
    fake.faults.cut()
    stored.push(fake.events.add({ description: 'in the gap' }))
    await gotAll(watching, stored)
    await isLive(watching)
    stored.push(fake.events.add({ description: 'afterwards' }))
    await gotAll(watching, stored)
    await watching.meshery.close()
    await until(() => expect([fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0]))
  },
)

test.concurrent('a page gets every event of a flood once and in order', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8', auth })
  await using own = await serve({ url: fake.url, ...identity })
  await using watching = watch(own.url, { options: pageClient(own.url, own.cookie, 'websocket') })
  await isLive(watching)
  const stored = Array.from({ length: 500 }, (_, at) => fake.events.add({ description: `event ${at}` }))
  await gotAll(watching, stored)
})
