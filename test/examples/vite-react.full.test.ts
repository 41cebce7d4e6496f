import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { copyExample, linesOf } from './example.ts'
import { hasChromium, openPage } from './page.ts'
import { openStream } from './stream.ts'

describe('the proxy of examples/vite-react', () => {
  it.each(['npx vite', 'npx vite preview'])(
    'ends the stream of the page when Meshery ends: %s',
    { timeout: 300_000 },
    async (line) => {
      await using fake = await startFakeMeshery()
      await using example = await copyExample('vite-react')
      await example.run('npm install && npm run build')
      const server = example.start(line, { MESHERY_URL: fake.url })
      const stream = await openStream(await server.prints(/http:\/\/localhost:\d+/))
      expect(stream.isOpen()).toBe(true)
      fake.stop()
      await expect.poll(() => stream.isOpen()).toBe(false)
    },
  )
})

describe.runIf(hasChromium)('examples/vite-react', { tags: ['chromium'] }, () => {
  it('starts by the two lines of its README, and shows events', { timeout: 300_000 }, async () => {
    const [install = '', start = '', ...more] = await linesOf('vite-react')
    expect([install, start, ...more]).toEqual(['npm install', 'npm run dev'])
    await using fake = await startFakeMeshery({ seed: [{ description: 'Deployed', severity: 'informational' }] })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    await using example = await copyExample('vite-react')
    await example.run(install)
    // Its types and its bundle.
    await example.run('npm run build')
    const server = example.start(start, { MESHERY_URL: fake.url })
    await using browser = await openPage(await server.prints(/http:\/\/localhost:\d+/))
    const { page } = browser
    await page.getByText('informational: Deployed').waitFor()
    fake.events.add({ description: 'Failed', severity: 'error' })
    await page.getByText('error: Failed').waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(['error: Failed', 'informational: Deployed'])
    await page.getByLabel('Only errors').check()
    await page.waitForFunction(() => document.querySelectorAll('li').length === 1)
    await expect.poll(() => page.getByRole('status').textContent()).toBe('live by sse; 1 controllers')
  })
})
