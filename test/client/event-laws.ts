// The laws about events, for everything that events come from: the transports of Meshery, and a stream of NATS.
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import { expect } from 'vitest'
import type { FakeMeshery, NewEvent, StoredEvent } from '../../src/testing/index.ts'
import { isFull } from '../sample.ts'
import type { EventRig } from './event-rig.ts'
import { descriptions, follow, gotAll, gotInOrder, hasty, lastOne, pushRaw, until } from './watching.ts'

export interface EventLaw {
  readonly title: string
  /** Whether it is about pushes: polling has none. */
  readonly needsPushes?: boolean
  run(rig: EventRig): Promise<void>
}

/** Rows of an hour ago, three with the same time. */
const history = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    createdAt: new Date(Date.now() - 3_600_000 + Math.floor(index / 3)).toISOString(),
  }))

const add = (fake: FakeMeshery, count: number, push = true): StoredEvent[] =>
  Array.from({ length: count }, () => fake.events.add({}, { push }))

/** A value for every field. */
const wholeEvent = {
  id: 'a1b2c3d4-0000-4000-8000-000000000001',
  actedUpon: 'a1b2c3d4-0000-4000-8000-000000000002',
  operationID: 'a1b2c3d4-0000-4000-8000-000000000003',
  systemID: 'a1b2c3d4-0000-4000-8000-000000000004',
  userID: 'a1b2c3d4-0000-4000-8000-000000000005',
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'A <design> & its "parts"',
  metadata: { error: { ProbableCause: ['none'] } },
  createdAt: '2026-01-02T03:04:05.678Z',
  updatedAt: '2026-01-02T03:04:06Z',
  deletedAt: null,
}

const failing = (text: string) => (): never => {
  throw new Error(text)
}

/** Runs over few of the ways: the whole matrix is in `law-10.test.ts`. */
export const law10: EventLaw = {
  title: 'Law 10: every release and transport gives the same values, in every field that it can know',
  async run(rig) {
    await using world = await rig.begin()
    const { fake, watching } = world
    fake.events.add(wholeEvent)
    await until(() => expect(watching.events).toEqual([wholeEvent]))
    // Some servers store empty texts where an event has none.
    const bare = fake.events.add({ severity: '', description: '' })
    await until(() => expect(watching.events).toEqual([wholeEvent, { ...bare, severity: null, description: null }]))
  },
}

export const eventLaws: readonly EventLaw[] = [
  {
    title:
      'Law 1: every event stored after `ready` is delivered, though pushes are lost, rows come late and the server restarts',
    async run(rig) {
      await using world = await rig.begin({ seed: history(131) })
      const { fake, watching } = world
      const stored = add(fake, 3)
      fake.faults.dropPushes(true)
      stored.push(...add(fake, 140))
      fake.faults.dropPushes(false)
      stored.push(fake.events.insertLate({ description: 'late' }, 0, { push: false }))
      stored.push(fake.events.add({ system: true, description: 'of the server itself' }))
      await world.restart(() => stored.push(...add(fake, 5)))
      stored.push(...add(fake, 5))
      await gotAll(watching, stored)
      stored.push(await lastOne(watching, fake))
      await gotAll(watching, stored)
    },
  },
  {
    title:
      'Law 1: while the store cannot be read, a `gap` notice with `complete: false` says so, and pushes are delivered',
    needsPushes: true,
    async run(rig) {
      await using world = await rig.begin({ storeFails: true })
      const { fake, watching } = world
      // The read after the opening reports it.
      await until(() =>
        expect(watching.notices).toContainEqual(
          expect.objectContaining({
            kind: 'gap',
            complete: false,
            reason: expect.objectContaining({ code: 'SERVER_ERROR' }),
          }),
        ),
      )
      const stored = add(fake, 3, false)
      // Marked, since some releases push what equals the row.
      for (const event of stored) fake.events.push({ ...event, metadata: { pushed: true } })
      await gotInOrder(watching, stored)
      expect(watching.events.every(({ metadata }) => metadata?.['pushed'] === true)).toBe(true)
      fake.faults.answer('store', undefined)
      stored.push(await lastOne(watching, fake))
      await until(() =>
        expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: true })),
      )
      stored.push(fake.events.add())
      await gotAll(watching, stored)
    },
  },
  {
    title: 'Law 2: no event is delivered twice, though it is pushed twice and read again after each cut',
    async run(rig) {
      await using world = await rig.begin()
      const { fake, watching } = world
      fake.faults.duplicatePushes()
      const stored = add(fake, 3)
      await gotAll(watching, stored)
      await world.cut()
      stored.push(...add(fake, 3))
      await gotAll(watching, stored)
      stored.push(await lastOne(watching, fake))
      await gotInOrder(watching, stored)
    },
  },
  {
    title: 'Law 2: what was delivered as pushed is not delivered again when its row comes',
    needsPushes: true,
    async run(rig) {
      await using world = await rig.begin({ options: { settle: 50 } })
      const { fake, watching } = world
      const { length } = fake.events.rows
      const early = fake.events.add({}, { storeAfter: 900 })
      await gotAll(watching, [early])
      await until(() => expect(fake.events.rows).toHaveLength(length + 1))
      await gotAll(watching, [early, await lastOne(watching, fake)])
    },
  },
  {
    title: 'Law 3: within one read events come in the order of the store, whatever the order of the pushes',
    async run(rig) {
      // However slow the machine is, no push is delivered before its row.
      const options = { settle: 60_000, timeouts: { ...hasty.timeouts, request: 60_000 } }
      await using world = await rig.begin({ options })
      const { fake, watching } = world
      const stored = add(fake, 250, false)
      for (const event of stored.slice(0, 20).reverse()) fake.events.push(event)
      await gotInOrder(watching, stored)
    },
  },
  {
    title: 'Law 4: a reader that does not read fills its buffer and no more, and then gets everything',
    async run(rig) {
      await using world = await rig.begin()
      const { fake, watching, from } = world
      const overflows: number[] = []
      const subscription = watching.meshery.subscribeEvents(from, {
        buffer: 10,
        onNotice: (notice) => notice.kind === 'overflow' && overflows.push(notice.queued),
      })
      await subscription.ready
      const stored = add(fake, isFull ? 700 : 250, false)
      // Starts a read, where the server pushes at all.
      stored.push(fake.events.add())
      await until(() => expect(overflows).toEqual([10]))
      const received: (string | null)[] = []
      for await (const { description } of subscription) if (received.push(description) === stored.length) break
      expect(received).toEqual(descriptions(stored))
    },
  },
  {
    title: 'Law 5: no transport is dialled twice within 500 ms, however slow or quick the credentials and the refusals',
    needsPushes: true,
    async run(rig) {
      await using world = await rig.dialling()
      for (let cuts = 1; cuts <= (isFull ? 6 : 3); cuts++) {
        await until(() => {
          expect(world.count()).toBe(cuts)
          for (const { status } of world.subscriptions) expect(status.state).toBe('live')
        })
        // What arrived makes it a connection that worked, which is dialled again the soonest.
        await world.receive()
        world.cut()
      }
      expect(world.problems()).toEqual([])
    },
  },
  {
    title: 'Law 6: what happens to one subscription never affects another',
    async run(rig) {
      await using world = await rig.begin()
      const { fake, watching, from } = world
      const { meshery } = watching
      const throwing = follow(meshery, { ...from, where: failing('of the user') })
      const deaf = meshery.subscribeEvents(from, { onNotice: failing('of the listener') })
      const lost = follow(meshery, { ...from, since: '00000000-0000-4000-8000-000000000000' })
      const idle = meshery.subscribeEvents(from, { buffer: 1 })
      await throwing.subscription.ready
      await idle.ready
      const stored = add(fake, 5)
      await gotAll(watching, stored)
      expect(await throwing.failure).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'of the user' } })
      await expect(deaf.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
      expect(await lost.failure).toMatchObject({ code: 'SINCE_UNKNOWN' })
      expect([throwing.subscription.status.state, lost.subscription.status.state]).toEqual(['failed', 'failed'])
      expect(idle.status.state).toBe(watching.subscription.status.state)
      stored.push(await lastOne(watching, fake))
      await gotAll(watching, stored)
    },
  },
  {
    title: 'Law 7: after `close()` nothing is delivered and nothing is left at the server',
    async run(rig) {
      await using world = await rig.begin()
      const { fake, watching } = world
      const stored = add(fake, 2)
      await gotAll(watching, stored)
      await watching.subscription.close()
      expect(watching.subscription.status.state).toBe('closed')
      add(fake, 2)
      await world.nothingIsLeft()
      expect(descriptions(watching.events)).toEqual(descriptions(stored))
    },
  },
  {
    title: 'Law 8: a token appears in no error, notice, log line or address',
    async run(rig) {
      const token = 'secret-token-abcdefgh'
      const lines: string[] = []
      const log = (...entry: unknown[]): void => void lines.push(inspect(entry, { depth: 9 }))
      await using world = await rig.withSecret(token, { debug: log, info: log, warn: log, error: log })
      const { fake, watching } = world
      await gotAll(watching, add(fake, 1))
      await world.refuse()
      // Releases before v1.0 refuse during an outage of the provider as well: there the client waits.
      await until(() => expect(watching.reasons().map(({ code }) => code)).toContain('CREDENTIALS_REFUSED'))
      const shown = inspect([watching.notices, lines], { depth: 9, showHidden: true })
      expect(shown).toContain('CREDENTIALS_REFUSED')
      expect(shown).not.toContain(token)
      expect(world.addresses()).not.toContain(token)
    },
  },
  {
    title: 'Law 9: credentials that are refused are not tried again unchanged',
    async run(rig) {
      await using world = await rig.refused()
      await until(() => expect(world.subscription.status).toMatchObject({ reason: { code: 'CREDENTIALS_REFUSED' } }))
      expect(['waiting', 'failed']).toContain(world.subscription.status.state)
      await until(() => expect(world.hadOccasion()).toBe(true))
      expect(world.tries()).toBe(1)
    },
  },
  {
    title: 'Law 11: unknown fields and values and nulls never end a stream',
    async run(rig) {
      await using world = await rig.begin()
      const { fake, watching } = world
      const odd = fake.events.add({ severity: 'unheard-of', status: 'archived', action: '', metadata: { a: [null] } })
      await gotAll(watching, [odd])
      expect(watching.events[0]).toMatchObject({
        severity: 'unheard-of',
        status: 'archived',
        metadata: { a: [null] },
      })
      const values = [null, {}, [], 7, 'text', { description: null, novel: { deep: true }, severity: null }]
      for (const value of values) pushRaw(fake, value)
      await world.sendOdd(values)
      await lastOne(watching, fake)
      world.undisturbed()
    },
  },
  {
    title: 'Law 12: a redirect is never followed, neither with credentials nor without',
    async run(rig) {
      let connections = 0
      const elsewhere = createServer((socket) => {
        connections++
        socket.destroy()
      })
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
      try {
        const address = elsewhere.address()
        await using world = await rig.redirecting(typeof address === 'object' && address ? address.port : 0)
        await world.redirected()
        expect(connections).toBe(0)
      } finally {
        elsewhere.close()
      }
    },
  },
]
