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

  const startDashboard = async (fake: FakeMeshery): Promise<Dashboard> => {
    const dashboard = createDashboard({
      connection: { url: fake.url, ...auth },
      platform: nodePlatform(nowhere),
      pageFolder: rig.folder,
    })
    await dashboard.start(0, new AbortController().signal)
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
      if (response.status() === 403) refused.push(`${response.request().method()} ${response.url()}`)
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

  it('reports that the command has ended', async () => {
    await using fake = await startFakeMeshery({ auth })
    const dashboard = await startDashboard(fake)
    await using opened = await rig.visit(dashboard.createAddress())
    await isLive(opened.page)
    await dashboard.close()
    await expect.poll(() => opened.page.getByRole('status').innerText()).toBe('Disconnected')
  })
})
