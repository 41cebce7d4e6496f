import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { auth, isWanted, type Rig, startRig } from './rig.ts'

const transports = [
  ['websocket', 'v0.8'],
  ['sse', 'current'],
  ['polling', 'current'],
] as const

/** Short enough that a test notices silence, which ends nothing while the page is frozen. */
const timeouts = { connect: 10_000, request: 10_000, ping: 300, pong: 1_000, idleSSE: 1_500 }
const polling = { interval: 100, maxInterval: 200 }

/** How a condition is checked: a hidden page draws no frames. */
const byTimer = { polling: 50 }

describe.runIf(isWanted)('a page', { tags: ['chromium'] }, () => {
  let rig: Rig

  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())

  const add = (fake: FakeMeshery, count: number): void => {
    for (let index = 0; index < count; index++) fake.events.add({ description: `Event ${fake.events.rows.length}` })
  }

  /** Every stored event arrived, each once, and in the order of the store. */
  const gotAll = async (page: Page, fake: FakeMeshery): Promise<void> => {
    await page.waitForFunction((count) => seen.events.length >= count, fake.events.rows.length, byTimer)
    const { events, error } = await page.evaluate(() => ({ events: seen.events, error: seen.error }))
    expect(error).toBe('')
    expect(events.map(({ id }) => id)).toEqual(fake.events.rows.map(({ id }) => id))
  }

  const isConnected = async (page: Page, transport: string): Promise<void> => {
    await page.waitForFunction(
      (name) => seen.status().transport === name && ['live', 'polling'].includes(seen.status().state),
      transport,
      byTimer,
    )
  }

  describe.each(transports)('over %s', (transport, release) => {
    const options = JSON.stringify({ timeouts, polling, ...(transport === 'polling' && { transports: [transport] }) })

    it('is served with the cookies of its origin alone', async () => {
      await using fake = await startFakeMeshery({ release, auth })
      await using origin = await rig.serve(fake.url)
      const page = await rig.open(origin, options)
      await isConnected(page, transport)
      add(fake, 3)
      await gotAll(page, fake)
      expect(fake.stats.requests.filter(({ status }) => status === 302 || status === 401)).toEqual([])
      await page.context().close()
    })

    it('that goes offline and online again misses nothing', async () => {
      await using fake = await startFakeMeshery({ release, auth, keepAlive: 200 })
      await using origin = await rig.serve(fake.url)
      const page = await rig.open(origin, options)
      await isConnected(page, transport)
      add(fake, 2)
      await gotAll(page, fake)
      await page.context().setOffline(true)
      // Open connections of an emulated network survive; those of a real one do not.
      origin.cut()
      await page.waitForFunction(() => seen.status().state === 'waiting')
      expect(await page.evaluate(() => navigator.onLine)).toBe(false)
      add(fake, 3)
      await page.context().setOffline(false)
      await isConnected(page, transport)
      add(fake, 2)
      await gotAll(page, fake)
      await page.context().close()
    })

    it('that is frozen and thawed misses nothing, and dials at most once', async () => {
      await using fake = await startFakeMeshery({ release, auth, keepAlive: 200 })
      await using origin = await rig.serve(fake.url)
      const page = await rig.openFreezable(origin, options)
      await isConnected(page, transport)
      add(fake, 2)
      await gotAll(page, fake)
      const dials = fake.stats.dials.length
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
      const frozenAt = await page.evaluate(() => seen.ticks)
      add(fake, 5)
      // Longer than any silence that ends a connection.
      await sleep(2_000)
      expect(await page.evaluate(() => seen.ticks)).toBeLessThanOrEqual(frozenAt + 1)
      await devtools.send('Page.setWebLifecycleState', { state: 'active' })
      await gotAll(page, fake)
      await isConnected(page, transport)
      add(fake, 2)
      await gotAll(page, fake)
      // Chromium ends the WebSockets of a frozen page, and nothing else.
      const redials = fake.stats.dials.length - dials
      expect(redials).toBeLessThanOrEqual(transport === 'websocket' ? 1 : 0)
      const gaps = await page.evaluate(() => seen.notices.filter(({ kind }) => kind === 'gap'))
      expect(gaps).toEqual(Array.from({ length: redials }, () => expect.objectContaining({ complete: true })))
      await page.close()
    })
  })

  it('that is not signed in gets an error with the remedy to sign in', async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth })
    await using origin = await rig.serve(fake.url)
    const page = await rig.open(origin, '', false)
    await page.waitForFunction(() => seen.error !== '' || seen.status().reason !== null)
    const reason = await page.evaluate(() => {
      const { code, remedy } = seen.status().reason ?? {}
      return { code, remedy }
    })
    expect(reason).toEqual({ code: 'CREDENTIALS_REFUSED', remedy: 'Sign in to Meshery in this browser.' })
    await page.context().close()
  })

  it('contains no code of Node', () => {
    const { inputs } = rig.script
    expect(inputs.some((path) => path.endsWith('src/platform/browser.ts'))).toBe(true)
    expect(
      inputs.filter((path) => /^node:|\/node(-\w+)?\.ts$|node_modules\/(ws|js-yaml|commander)\//.test(path)),
    ).toEqual([])
    expect(rig.script.text).not.toMatch(/\bfrom\s*["'](node:|fs|net|tls|https?)["']|\brequire\(["']/)
  })
})
