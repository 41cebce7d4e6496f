import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { OverflowNotice } from '../../src/connection/notice.ts'
import { createMeshery, type MesheryEvent, type Notice, type TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, sampled } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import { hasty, pushRaw, until, type Watching, type WatchOptions, watch } from './watching.ts'

const ways: readonly (readonly [Release, TransportName])[] = [
  ['v1.0', 'websocket'],
  ['current', 'sse'],
]

/** How many events come at once without a row: many more than any buffer here, and in `npm test` fewer. */
const many = isFull ? 8_000 : 700

const dropped = ({ notices }: Pick<Watching, 'notices'>): number =>
  notices.filter((one): one is OverflowNotice => one.kind === 'overflow').reduce((sum, one) => sum + one.dropped, 0)

/** Pushes events that are never stored. */
const pushMany = (fake: FakeMeshery, count: number): void => {
  for (let number = 0; number < count; number++)
    pushRaw(fake, { description: `event ${number}`, category: 'pattern', severity: 'informational' })
}

/** A fake, and a client that is connected to it. */
const begin = async ([release, transport]: readonly [Release, TransportName], given: WatchOptions = {}) => {
  const fake = await startFakeMeshery({ release })
  const watching = watch(fake.url, { ...given, options: { transports: [transport], ...given.options } })
  await watching.subscription.ready
  await until(() => expect(watching.subscription.status.state).toBe('live'))
  const dispose = async (): Promise<void> => {
    await watching.meshery.close()
    await fake.close()
  }
  return { fake, watching, [Symbol.asyncDispose]: dispose }
}

describe.each(sampled(ways, 1))('A flood from %s over %s', (...way) => {
  it('without rows is delivered completely and in order, by a buffer that is much smaller', async () => {
    await using at = await begin(way, { options: { settle: 300 }, subscribe: { buffer: 10 } })
    pushMany(at.fake, many)
    await until(() => expect(at.watching.events).toHaveLength(many))
    const numbers = at.watching.events.map(({ description }) => Number(description?.slice(6)))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(at.watching.notices.filter(({ kind }) => kind === 'overflow')).toEqual([])
  })

  it('without rows is delivered to a slow reader or counted as lost, exactly (law 1)', async () => {
    const [release, transport] = way
    const fake = await startFakeMeshery({ release })
    await using meshery = createMeshery({ ...hasty, url: fake.url, transports: [transport], settle: 300 })
    const notices: Notice[] = []
    const subscription = meshery.subscribeEvents({}, { buffer: 100, onNotice: (notice) => notices.push(notice) })
    const events: MesheryEvent[] = []
    const read = async (): Promise<void> => {
      for await (const event of subscription) if (events.push(event) % 20 === 0) await setTimeout(5)
    }
    const reading = read()
    await subscription.ready
    await until(() => expect(subscription.status.state).toBe('live'))
    pushMany(fake, many)
    await until(() => expect(events.length + dropped({ notices })).toBe(many))
    expect(dropped({ notices })).toBeGreaterThan(0)
    expect(new Set(events.map(({ description }) => description)).size).toBe(events.length)
    await until(() => expect(notices.filter((one) => one.kind === 'gap' && !one.complete)).not.toEqual([]))
    await meshery.close()
    await reading
    await fake.close()
  })

  it('does not prevent a client from closing', async () => {
    await using at = await begin(way, { options: { settle: 300 } })
    pushMany(at.fake, isFull ? 20_000 : 2_500)
    await until(() => expect(at.watching.events.length).toBeGreaterThan(100))
    const began = performance.now()
    await at.watching.meshery.close()
    expect(performance.now() - began).toBeLessThan(soonMs)
  })
})
