import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { chromiumFlags, findChromium } from './chromium.ts'
import type { Seen } from './page.ts'
import { serveSameOrigin } from './same-origin.ts'

const executablePath = findChromium()
const wanted = executablePath !== undefined || process.env['CI'] === 'true'
const auth = { provider: 'Meshery', token: 'a-token-of-some-length' }

if (!wanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

describe.runIf(wanted)('in a browser', () => {
  let browser: Browser
  let script = ''

  beforeAll(async () => {
    if (executablePath === undefined)
      throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
    const [bundle, launched] = await Promise.all([
      build({
        entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
        bundle: true,
        format: 'esm',
        platform: 'browser',
        conditions: ['browser'],
        write: false,
      }),
      chromium.launch({ executablePath, args: chromiumFlags }),
    ])
    script = bundle.outputFiles[0]?.text ?? ''
    browser = launched
  })
  afterAll(() => browser?.close())

  /** Opens the page at an origin that is also the fake's, logged in. */
  const open = async (url: string): Promise<Page> => {
    const context = await browser.newContext()
    const cookies = { 'meshery-provider': auth.provider, token: auth.token }
    await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url, httpOnly: true })))
    const page = await context.newPage()
    await page.goto(url)
    return page
  }
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
    await using server = await serveSameOrigin(fake.url, {
      '/page': {
        type: 'text/html',
        body: '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      },
      '/page.js': { type: 'text/javascript', body: script },
    })
    const page = await open(`${server.url}/page`)
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
