import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import type { Seen } from './page.ts'
import { auth, isWanted, type Rig, startRig } from './rig.ts'

describe.runIf(isWanted)('in a browser', { tags: ['chromium'] }, () => {
  let rig: Rig

  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())

  const look = (page: Page): Promise<Pick<Seen, 'events' | 'notices' | 'error'>> =>
    page.evaluate(() => ({ events: seen.events, notices: seen.notices, error: seen.error }))
  const add = (fake: FakeMeshery, count: number): void => {
    for (let index = 0; index < count; index++) fake.events.add({ description: `Event ${fake.events.rows.length}` })
  }

  it.each([
    ['websocket', 'v0.8'],
    ['sse', 'current'],
  ] as const)('follows events over %s (%s), survives a cut, and gets each event once', async (transport, release) => {
    await using fake = await startFakeMeshery({ release, auth })
    await using origin = await rig.serve(fake.url)
    const page = await rig.open(origin)
    await page.waitForFunction((name) => seen.ready && seen.status().transport === name, transport)
    await page.waitForFunction(() => seen.status().state === 'live')

    add(fake, 3)
    await page.waitForFunction(() => seen.events.length === 3)

    await fake.faults.refuse()
    fake.faults.cut()
    await page.waitForFunction(() => seen.status().state === 'waiting')
    add(fake, 3)
    await fake.faults.refuse(false)
    // Polling, when the server is up again just between a failed dial and the check whether plain HTTP works.
    await page.waitForFunction(() => ['live', 'polling'].includes(seen.status().state))
    add(fake, 3)
    await page.waitForFunction(() => seen.events.length >= 9)
    await page.waitForFunction(() => seen.notices.some(({ kind }) => kind === 'gap'))

    const { events, notices, error } = await look(page)
    expect(error).toBe('')
    expect(events.map(({ id }) => id)).toEqual(fake.events.rows.map(({ id }) => id))
    expect(notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: true }))
    expect(fake.stats.requests.filter(({ status }) => status === 302)).toEqual([])
    await page.context().close()
  })
})
