import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { copyExample, linesOf } from './example.ts'
import { hasChromium, openPage } from './page.ts'

describe.runIf(hasChromium)('examples/apollo', { tags: ['chromium'] }, () => {
  it('shows what typed documents give, and loses no event when the server is upgraded', {
    timeout: 300_000,
  }, async () => {
    const [install = '', start = '', ...more] = await linesOf('apollo')
    expect([install, start, ...more]).toEqual(['npm install', 'npm run dev'])
    await using fake = await startFakeMeshery({
      release: 'v0.8',
      seed: [{ description: 'Deployed', severity: 'informational' }],
    })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    fake.registry.fill({ components: [{ model: 'istio-base', version: 'v1.0.0' }] })
    await using example = await copyExample('apollo')
    await example.run(install)
    await example.run('npm run build')
    const server = example.start(start, { MESHERY_URL: fake.url })
    await using browser = await openPage(await server.prints(/http:\/\/localhost:\d+/), 'None')
    const { page, errors } = browser
    const events = (): Promise<string[]> => page.locator('li').allTextContents()
    await expect.poll(() => page.getByRole('status').textContent()).toContain('OPERATOR DEPLOYED')
    await page.getByText('Models: 1').waitFor()
    await expect.poll(events).toEqual(['informational: Deployed'])
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'UNDEPLOYED' })
    await expect.poll(() => page.getByRole('status').textContent()).toContain('OPERATOR UNDEPLOYED')
    const become = fake.become('current')
    fake.events.add({ description: 'Failed meanwhile', severity: 'error' })
    await become
    await page.getByText('error: Failed meanwhile').waitFor()
    fake.events.add({ description: 'Repaired', severity: 'warning' })
    await expect.poll(events).toEqual(['warning: Repaired', 'error: Failed meanwhile', 'informational: Deployed'])
    // Events and controllers are pushed again, over SSE now.
    await expect.poll(() => fake.stats.openStreams).toBe(2)
    expect(errors).toEqual([])
  })
})
