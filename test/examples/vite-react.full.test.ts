import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { chromiumFlags, findChromium } from '../browser/chromium.ts'
import { copyExample, linesOf } from './example.ts'

const executablePath = findChromium()
const isWanted = executablePath !== undefined || process.env['CI'] === 'true'

describe.runIf(isWanted)('examples/vite-react', () => {
  it('starts by the two lines of its README, and shows events', { timeout: 300_000 }, async () => {
    if (executablePath === undefined)
      throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
    const lines = await linesOf('vite-react')
    expect(lines).toEqual(['npm install', 'npm run dev'])
    await using fake = await startFakeMeshery({ seed: [{ description: 'Deployed', severity: 'informational' }] })
    await using example = await copyExample('vite-react')
    await example.npm('install', '--no-audit', '--no-fund')
    // Its types and its bundle.
    await example.npm('run', 'build')
    const url = await example.start('npm run dev', { MESHERY_URL: fake.url })
    const browser = await chromium.launch({ executablePath, args: chromiumFlags })
    try {
      const context = await browser.newContext()
      await context.addCookies([{ name: 'meshery-provider', value: 'Local', url }])
      const page = await context.newPage()
      await page.goto(url)
      await page.getByText('informational: Deployed').waitFor()
      fake.events.add({ description: 'Failed', severity: 'error' })
      await page.getByText('error: Failed').waitFor()
      expect(await page.locator('li').allTextContents()).toEqual(['error: Failed', 'informational: Deployed'])
      await page.getByLabel('Only errors').check()
      await page.waitForFunction(() => document.querySelectorAll('li').length === 1)
      await page
        .getByRole('status')
        .filter({ hasText: /^(live|polling)/ })
        .waitFor()
    } finally {
      await browser.close()
    }
  })
})
