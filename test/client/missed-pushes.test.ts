import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MissedPushesNotice } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { descriptions, gotAll, isLive, until, type Watching, watch } from './watching.ts'

describe('a server that stops pushing on a channel that stays open', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** In steps, so that what a timer began can end over the real sockets. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 500) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 500))
      await new Promise(setImmediate)
    }
  }

  const begin = async (release: Release) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], shouldAdvanceTime: true })
    const fake = await startFakeMeshery({ release, clock: Date.now })
    const timeouts = { connect: 1e8, request: 1e8, ping: 1e8, silence: 1e8, firstByte: 1e8 }
    const watching = watch(fake.url, { options: { timeouts, polling: {} } })
    await watching.subscription.ready
    await isLive(watching)
    await pass(3_000)
    const dispose = async (): Promise<void> => {
      await watching[Symbol.asyncDispose]()
      await fake.close()
    }
    return { fake, watching, [Symbol.asyncDispose]: dispose }
  }

  const missed = ({ notices }: Watching): MissedPushesNotice[] =>
    notices.filter((notice) => notice.kind === 'missed-pushes')

  /** How long an event takes to come, in milliseconds. */
  const delay = async (fake: FakeMeshery, watching: Watching, most: number): Promise<number> => {
    const { description } = fake.events.add()
    const start = performance.now()
    while (!descriptions(watching.events).includes(description) && performance.now() - start < most) await pass(500)
    expect(descriptions(watching.events)).toContain(description)
    return performance.now() - start
  }

  const reads = (fake: FakeMeshery): number =>
    fake.stats.requests.filter(({ path }) => path.includes('/events?')).length

  it.each(sampled(['v0.8', 'v1.0', 'current'] as const, 1, 'missed'))(
    '%s: after the first event each comes within 6 s, a notice reports it, and another one reports that pushes come again',
    async (release) => {
      await using at = await begin(release)
      const { fake, watching } = at
      expect(await delay(fake, watching, 5_000)).toBeLessThan(2_000)
      await pass(30_000)
      fake.faults.dropPushes(true)
      expect(await delay(fake, watching, 62_000)).toBeGreaterThan(6_000)
      for (let event = 0; event < 5; event++) {
        await pass(20_000)
        expect(await delay(fake, watching, 10_000)).toBeLessThanOrEqual(6_000)
      }
      expect(watching.subscription.status.state).toBe('live')
      expect(missed(watching)).toMatchObject([{ until: null, recovered: 1 }])
      fake.faults.dropPushes(false)
      await delay(fake, watching, 10_000)
      await until(() => expect(missed(watching)).toHaveLength(2))
      expect(missed(watching)[1]).toMatchObject({ recovered: 6, until: expect.any(Date) })
      const before = reads(fake)
      await pass(120_000)
      expect(reads(fake) - before).toBeLessThanOrEqual(5)
      await gotAll(watching, fake.events.rows)
    },
  )

  it.each(sampled(['v0.8', 'current'] as const, 1, 'of the system'))(
    '%s: events of the system, which no server pushes, cause neither a notice nor reads',
    async (release) => {
      await using at = await begin(release)
      const { fake, watching } = at
      const before = reads(fake)
      for (let minute = 0; minute < 10; minute++) {
        fake.events.add({ system: true })
        await pass(60_000)
      }
      expect(reads(fake) - before).toBeLessThanOrEqual(22)
      expect(missed(watching)).toEqual([])
      await pass(60_000)
      await gotAll(watching, fake.events.rows)
    },
  )

  it('reports nothing for bursts of which most is not pushed', async () => {
    await using at = await begin('v0.8')
    const { fake, watching } = at
    for (let burst = 0; burst < 5; burst++) {
      fake.events.add()
      fake.faults.dropPushes(30)
      for (let event = 0; event < 30; event++) fake.events.add()
      await pass(90_000)
    }
    expect(missed(watching)).toEqual([])
    await gotAll(watching, fake.events.rows)
  })
})
