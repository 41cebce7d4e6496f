import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { waitUntil } from '../waiting.ts'
import { copyExample, linesOf } from './example.ts'
import { hasChromium, openPage } from './page.ts'
import { openStream } from './stream.ts'

describe.runIf(hasChromium)('examples/next-app', { tags: ['chromium'] }, () => {
  it('sends nothing on the server, and shows events in the browser', { timeout: 300_000 }, async () => {
    const [install = '', start = '', ...more] = await linesOf('next-app')
    expect([install, start, ...more]).toEqual(['npm install', 'npm start'])
    await using fake = await startFakeMeshery({ seed: [{ description: 'Deployed', severity: 'informational' }] })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    await using example = await copyExample('next-app')
    await example.run(install)
    const server = example.start(start, { MESHERY_URL: fake.url, PORT: '0' })
    const url = await server.prints(/http:\/\/localhost:\d+/)
    const html = await (await fetch(url)).text()
    expect(html).toContain('Loading')
    expect(html).not.toContain('Deployed')
    expect(fake.stats.requests).toEqual([])
    expect(fake.stats.dials).toEqual([])

    await using browser = await openPage(url)
    const { page, errors } = browser
    await page.getByText('informational: Deployed').waitFor()
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^live · sse · .*OPERATOR DEPLOYED/)
    fake.events.add({ description: 'Failed', severity: 'error' })
    await page.getByText('error: Failed').waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(['error: Failed', 'informational: Deployed'])
    expect(errors).toEqual([])
    expect(fake.stats.openStreams).toBe(2)
    await page.close()
    await waitUntil(() => fake.stats.openStreams === 0)

    const stream = await openStream(url)
    expect(stream.isOpen()).toBe(true)
    fake.stop()
    await expect.poll(() => stream.isOpen()).toBe(false)
  })
})
