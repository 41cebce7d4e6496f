import { describe, expect, it } from 'vitest'
import { createMeshery, type Identity } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, sampled } from '../sample.ts'
import { descriptions, gotAll, gotInOrder, hasty, isLive, until, watch } from './watching.ts'

const provider = 'Meshery'
const token = 'first-token-0123456789'
const auth = { provider, token }

/** How often the store refused. */
const refusals = (fake: FakeMeshery): number =>
  fake.stats.requests.filter(({ path, status }) => path.endsWith('/events') && [302, 401].includes(status)).length

/** More often than credentials that worked are tried once more. */
const often = isFull ? 4 : 3

/** The store alone refuses, as behind a front end or a replica that does not know the session; the channel stays as it is. */
const refusing = [
  ['401', (fake: FakeMeshery) => fake.faults.answer('store', 401)],
  [
    'a redirect to the login',
    (fake: FakeMeshery) => fake.faults.answer('store', 302, { headers: { location: '/auth/login' } }),
  ],
] as const

describe.concurrent('a store that refuses while the live channel accepts the same fixed token', () => {
  const cases = (['v0.8', 'v1.0', 'current'] as const).flatMap((release) =>
    refusing.map(([answer, refuse]) => ({ release, answer, refuse })),
  )

  it.each(sampled(cases, 1))(
    'with $answer is read again: what was missed comes once it answers, on $release',
    async ({ release, refuse }) => {
      await using fake = await startFakeMeshery({ release, auth })
      await using watching = watch(fake.url, { options: auth })
      await isLive(watching)
      await gotInOrder(watching, [fake.events.add()])
      const { dials } = fake.stats
      const { length } = dials
      refuse(fake)
      const pushed = fake.events.add()
      await until(() => expect(descriptions(watching.events)).toContain(pushed.description))
      fake.events.add({}, { push: false })
      await until(() => expect(refusals(fake)).toBeGreaterThanOrEqual(often))
      fake.faults.answer('store', undefined)
      await gotAll(watching, fake.events.rows)
      await until(() => expect(watching.notices.at(-1)).toMatchObject({ kind: 'gap', complete: true }))
      expect(watching.notices.filter(({ kind }) => kind === 'gap')).toMatchObject([
        { complete: false, reason: { code: 'CREDENTIALS_REFUSED', phase: 'store' } },
        { complete: true },
      ])
      expect(watching.subscription.status.state).toBe('live')
      expect(dials).toHaveLength(length)
    },
  )

  it.each(sampled(refusing, 1, 'slow'))(
    'with %s ends no slow subscription, which goes on once it answers',
    async (_, refuse) => {
      await using fake = await startFakeMeshery({ release: 'current', auth })
      await using meshery = createMeshery({ ...hasty, url: fake.url, ...auth, buffer: 4 })
      const kinds: string[] = []
      const subscription = meshery.subscribeEvents({}, { onNotice: ({ kind }) => void kinds.push(kind) })
      await isLive({ subscription })
      const expected = Array.from({ length: 20 }, (_event, index) => `event ${index}`)
      for (const description of expected) fake.events.add({ description })
      await until(() => expect(kinds).toContain('overflow'))
      refuse(fake)
      const events = subscription[Symbol.asyncIterator]()
      const next = async (): Promise<unknown> => (await events.next()).value?.description
      expect([await next(), await next(), await next(), await next()]).toEqual(expected.slice(0, 4))
      await until(() => expect(refusals(fake)).toBeGreaterThanOrEqual(often))
      fake.faults.answer('store', undefined)
      for (const description of expected.slice(4)) expect(await next()).toBe(description)
      expect(subscription.status.state).toBe('live')
    },
  )

  it('ends with the error of the credentials once the channel is refused as well', async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth })
    await using watching = watch(fake.url, { options: auth })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    fake.faults.expireToken()
    fake.events.add()
    await until(() => expect(refusals(fake)).toBeGreaterThanOrEqual(often))
    fake.faults.cut()
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(error.remedy).toMatch(/mesheryctl system login/)
  })

  it('gets another token at its next try, once `credentials` gives one', async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth })
    let mine = token
    const credentials = (): Identity => ({ token: mine })
    await using watching = watch(fake.url, { options: { provider, credentials } })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    const { dials } = fake.stats
    const { length } = dials
    mine = 'fresh-token-9876543210'
    fake.faults.acceptToken(mine)
    fake.events.add({}, { push: false })
    fake.events.add()
    // What is pushed does not wait for the store.
    await gotAll(watching, fake.events.rows)
    expect(refusals(fake)).toBe(1)
    expect(dials).toHaveLength(length)
  })
})
