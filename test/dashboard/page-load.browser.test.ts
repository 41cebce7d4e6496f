import { loadavg } from 'node:os'
import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'

/** How many events the page keeps. */
const kept = 20_000

/** Frames while the list is scrolled through, in milliseconds between two of them. */
const scrollFrames = (page: Page, frames: number): Promise<number[]> =>
  page.evaluate(
    (wanted) =>
      new Promise<number[]>((resolve) => {
        const scroller = document.querySelector('.scroller')
        const gaps: number[] = []
        let last = performance.now()
        const step = (now: number): void => {
          gaps.push(now - last)
          last = now
          if (scroller) scroller.scrollTop += gaps.length % 200 < 100 ? 240 : -160
          if (gaps.length < wanted) requestAnimationFrame(step)
          else resolve(gaps.slice(1))
        }
        requestAnimationFrame(step)
      }),
    frames,
  )

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN

/** The bytes that the scripts of the page hold, after a collection. */
const heapBytes = async (session: CDPSession): Promise<number> => {
  await session.send('HeapProfiler.collectGarbage')
  return (await session.send('Runtime.getHeapUsage')).usedSize
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const addEvents = (fake: FakeMeshery, count: number, beginMs: number): void => {
  const severities = ['informational', 'success', 'warning', 'error']
  for (let index = 0; index < count; index++) {
    const createdAt = new Date(beginMs + index).toISOString()
    const severity = severities[index % severities.length] ?? 'debug'
    const description = `Design ${index} was deployed to the cluster staging in the namespace default`
    fake.events.add({ severity, category: 'pattern', action: 'deploy', description, createdAt }, { push: false })
  }
}

describe.runIf(isWanted)('the page of the dashboard with 20,000 events', { tags: ['chromium'] }, () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  it('draws at least 50 frames a second while it is scrolled, and keeps few rows in the document', async () => {
    await using fake = await startFakeMeshery({ auth })
    addEvents(fake, kept, Date.now() - 600_000)
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin)
    const { page } = opened
    await page.getByText(/^reading: [\d,]+ so far$/).waitFor()
    await page.getByText('the latest 20,000, in 20,000 rows').waitFor({ timeout: 100_000 })
    // A busy machine only ever makes it slower: the best of some runs is what the page can do.
    const runs: number[] = []
    for (let run = 0; run < 5 && (runs.length === 0 || Math.min(...runs) > 20); run++) {
      const gaps = await scrollFrames(page, 300)
      runs.push(quantile(gaps, 0.5))
      console.log(
        `${(1_000 / quantile(gaps, 0.5)).toFixed(0)} frames a second at the median, ${quantile(gaps, 0.95).toFixed(1)} ms at the 95th percentile, load ${loadavg()[0]?.toFixed(1)}`,
      )
    }
    expect(Math.min(...runs)).toBeLessThanOrEqual(20)
    expect(await page.locator('.row').count()).toBeLessThan(80)
    expect(opened.errors).toEqual([])
  })

  it('keeps the latest 20,000, says how many there were, and its heap does not grow with more', async () => {
    await using fake = await startFakeMeshery({ auth })
    addEvents(fake, kept, Date.now() - 900_000)
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin)
    const { page } = opened
    const session = await page.context().newCDPSession(page)
    await page.getByText('the latest 20,000, in').waitFor({ timeout: 100_000 })
    const before = await heapBytes(session)
    addEvents(fake, kept, Date.now() - 600_000)
    fake.events.add({ description: 'This one makes the client read the others' })
    await page.getByText('the latest 20,000 of 40,001, in 20,000 rows').waitFor({ timeout: 100_000 })
    fake.events.add({ description: 'The last one' })
    await page.getByText('the latest 20,000 of 40,002, in 20,000 rows').waitFor()
    const after = await heapBytes(session)
    console.log(`heap with 20,000 events ${megabytes(before)}, after 40,002 ${megabytes(after)}`)
    expect(await page.locator('.row .description').first().innerText()).toBe('The last one')
    expect(after).toBeLessThan(before * 1.5)
  })

  it('bounds its heap by the characters of very long events as well', async () => {
    await using fake = await startFakeMeshery({ auth })
    const beginMs = Date.now() - 60_000
    const text = 'x'.repeat(50_000)
    for (let index = 0; index < 2_000; index++) {
      const createdAt = new Date(beginMs + index).toISOString()
      fake.events.add({ description: `${index} ${text}`, createdAt }, { push: false })
    }
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin)
    const { page } = opened
    const session = await page.context().newCDPSession(page)
    await page.getByText(' of 2,000, in ').waitFor({ timeout: 100_000 })
    const heap = await heapBytes(session)
    console.log(`heap after 2,000 events of 50,000 characters ${megabytes(heap)}`)
    expect(heap).toBeLessThan(90 * 2 ** 20)
    expect(await page.locator('.row .description').first().innerText()).toMatch(/^1999 x/)
  })
})
