import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'
import { fillScene } from './page-scene.ts'

const pictures = [
  { name: 'dark', options: { colorScheme: 'dark', viewport: { width: 1280, height: 720 } } },
  { name: 'light', options: { colorScheme: 'light', viewport: { width: 1280, height: 720 } } },
  { name: 'narrow', options: { colorScheme: 'light', viewport: { width: 360, height: 800 } } },
] as const

const isWritten = process.env['SCREENSHOTS'] === 'write'

describe.runIf(isWanted)('the pictures of the dashboard', { tags: ['chromium'] }, () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  it.each(pictures)('are at most 200 kB: $name', async ({ name, options }) => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin, '', { ...options, reducedMotion: 'reduce' })
    const { page, errors } = opened
    await page.getByText('Live over SSE').waitFor()
    await page.getByText('requests/s').nth(1).waitFor()
    await page.locator('.rows li').first().waitFor()
    await page.getByText('Deployment').first().waitFor()
    await page.getByText('emojivoto', { exact: true }).first().waitFor()
    fake.events.add({
      severity: 'success',
      category: 'pattern',
      action: 'deploy',
      description: 'Design search deployed',
    })
    await page.getByText('Design search deployed').waitFor()
    if (name === 'dark') {
      await page.getByText('could not be deployed').first().click()
      await page.getByText('Suggested remedy').waitFor()
    }
    const picture = await page.screenshot()
    expect(picture.length).toBeLessThanOrEqual(200_000)
    expect(errors).toEqual([])
    const file = new URL(`../../docs/images/dashboard-${name}.png`, import.meta.url)
    if (isWritten) writeFileSync(fileURLToPath(file), picture)
  })
})
