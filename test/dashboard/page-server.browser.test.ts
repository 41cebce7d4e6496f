import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDashboard, type Dashboard } from '../../src/dashboard/dashboard.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'
import { fillScene } from './page-scene.ts'
import { nowhere } from './served.ts'

describe.runIf(isWanted)('the page behind the server of the dashboard', { tags: ['chromium'] }, () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  const startDashboard = async (fake: FakeMeshery, port = 0): Promise<Dashboard> => {
    const dashboard = createDashboard({
      connection: { url: fake.url, ...auth },
      platform: nodePlatform(nowhere),
      pageFolder: rig.folder,
    })
    await dashboard.start(port, new AbortController().signal)
    return dashboard
  }
  const isLive = (page: Page): Promise<void> => page.getByRole('status').getByText('Live', { exact: false }).waitFor()

  it.each(['v0.7', 'v0.8', 'v1.0', 'current'] as const)('shows everything that %s has', async (release) => {
    await using fake = await startFakeMeshery({ auth, release })
    await fillScene(fake)
    await using dashboard = await startDashboard(fake)
    await using opened = await rig.visit(dashboard.createAddress())
    const { page } = opened
    const refused: string[] = []
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      // The client finds out by it that this release has its events under another path.
      if (release === 'v0.7' && pathname === '/api/system/events') return
      if (response.status() >= 400) refused.push(`${response.status()} ${response.request().method()} ${pathname}`)
    })
    await isLive(page)
    expect(new URL(page.url()).search).toBe('')
    fake.events.add({ description: 'It came over the dashboard' })
    await page.getByText('It came over the dashboard').waitFor()
    await page.getByRole('heading', { name: 'production' }).waitFor()
    await page.getByRole('row', { name: 'Deployment staging 6' }).waitFor()
    await page.getByText('edge-gateway').waitFor()
    await page.getByText('requests/s').nth(1).waitFor()
    await expect.poll(() => page.locator('.facts').innerText()).toContain(fake.url)
    expect(await page.locator('.facts').innerText()).toMatch(/Release\s+v/)
    expect(await page.locator('.panels [role=alert]').count()).toBe(0)
    expect([refused, opened.errors]).toEqual([[], []])
  })

  it('shows what to do when another dashboard has its port, and keeps what it shows', async () => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    const dashboard = await startDashboard(fake)
    const { port } = dashboard
    await using opened = await rig.visit(dashboard.createAddress())
    const { page } = opened
    await isLive(page)
    await page.getByRole('heading', { name: 'production' }).waitFor()
    await expect.poll(() => page.locator('.facts').innerText()).toContain(fake.url)
    await dashboard.close()
    await page.getByText('The dashboard does not answer').waitFor()
    await using _ = await startDashboard(fake, port)
    for (const title of ['Events', 'Clusters']) {
      const panel = page.getByRole('region', { name: title })
      await panel.getByText('Open the address that `meshery-live dashboard` printed').waitFor()
      await panel.getByText('not current').waitFor()
    }
    await page.getByRole('heading', { name: 'production' }).waitFor()
    expect(await page.locator('.facts').innerText()).toContain(fake.url)
    expect(await page.locator('body').innerText()).not.toContain('Sign in')
    for (const height of [900, 640, 480]) {
      await page.setViewportSize({ width: 1280, height })
      const [list, help] = [await page.locator('.list').boundingBox(), await page.locator('.help').boundingBox()]
      expect((list?.y ?? 0) + (list?.height ?? Infinity)).toBeLessThanOrEqual(help?.y ?? 0)
    }
  })

  it('reports that the command has ended', async () => {
    await using fake = await startFakeMeshery({ auth })
    const dashboard = await startDashboard(fake)
    await using opened = await rig.visit(dashboard.createAddress())
    await isLive(opened.page)
    await dashboard.close()
    await expect.poll(() => opened.page.getByRole('status').innerText()).toBe('Disconnected')
  })
})
