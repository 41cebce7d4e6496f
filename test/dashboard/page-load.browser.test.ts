import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { eventually } from '../waiting.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'

/** A busy machine takes minutes to read so many events. */
const longMs = 600_000

/** How many events the page keeps. */
const kept = 20_000

/** Where the list stands, in rows from its beginning, and what is in the document there. */
interface Shown {
  /** Of the rows that are visible, in whole or in part. */
  readonly first: number
  readonly last: number
  /** The descriptions of the rows in the document, by the places of the rows. */
  readonly rows: Readonly<Record<number, string>>
}

/** Scrolls to a share of the list. */
const scrollTo = (page: Page, share: number): Promise<void> =>
  page.locator('.scroller').evaluate((scroller, to) => {
    scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * to
  }, share)

const shown = (page: Page): Promise<Shown> =>
  page.locator('.scroller').evaluate((scroller) => {
    const rows = [...scroller.querySelectorAll('.row')]
    const height = scroller.scrollHeight / Number(rows[0]?.getAttribute('aria-setsize'))
    return {
      first: Math.floor(scroller.scrollTop / height),
      last: Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) - 1,
      rows: Object.fromEntries(
        rows.map((row) => [
          Number(row.getAttribute('aria-posinset')) - 1,
          row.querySelector('.description')?.textContent ?? '',
        ]),
      ),
    }
  })

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

describe.runIf(isWanted)(
  'the page of the dashboard with 20,000 events',
  { tags: ['chromium'], timeout: longMs },
  () => {
    let rig: PageRig

    beforeAll(async () => {
      rig = await startPageRig()
    }, 120_000)
    afterAll(() => rig?.[Symbol.asyncDispose]())

    it('shows the rows of every scroll position, and keeps fewer than 80 in the document', async () => {
      await using fake = await startFakeMeshery({ auth })
      addEvents(fake, kept, Date.now() - 600_000)
      await using origin = await rig.serve(fake.url)
      await using opened = await rig.open(origin)
      const { page } = opened
      page.setDefaultTimeout(longMs / 3)
      await page.getByText('the latest 20,000, in 20,000 rows').waitFor()
      for (const share of [0, 0.001, 0.25, 0.5, 0.75, 0.999, 1, 0.3, 0]) {
        await scrollTo(page, share)
        await eventually(async () => {
          const { first, last, rows } = await shown(page)
          expect(Math.abs(first - share * (kept - (last - first)))).toBeLessThan(3)
          const visible = Array.from({ length: last - first + 1 }, (_, at) => first + at)
          // The newest comes first.
          const expected = visible.map((at) => expect.stringMatching(`^Design ${kept - 1 - at} was deployed`))
          expect(visible.map((at) => rows[at])).toEqual(expected)
          expect(Object.keys(rows).length).toBeLessThan(80)
        })
      }
      expect(opened.errors).toEqual([])
    })

    it('keeps the latest 20,000, says how many there were, and its heap does not grow with more', async () => {
      await using fake = await startFakeMeshery({ auth })
      addEvents(fake, kept, Date.now() - 900_000)
      await using origin = await rig.serve(fake.url)
      await using opened = await rig.open(origin)
      const { page } = opened
      page.setDefaultTimeout(longMs / 3)
      const session = await page.context().newCDPSession(page)
      await page.getByText('the latest 20,000, in').waitFor()
      const before = await heapBytes(session)
      addEvents(fake, kept, Date.now() - 600_000)
      fake.events.add({ description: 'This one makes the client read the others' })
      await page.getByText('the latest 20,000 of 40,001, in 20,000 rows').waitFor()
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
      page.setDefaultTimeout(longMs / 3)
      const session = await page.context().newCDPSession(page)
      await page.getByText(' of 2,000, in ').waitFor()
      const heap = await heapBytes(session)
      console.log(`heap after 2,000 events of 50,000 characters ${megabytes(heap)}`)
      expect(heap).toBeLessThan(90 * 2 ** 20)
      expect(await page.locator('.row .description').first().innerText()).toMatch(/^1999 x/)
    })
  },
)
