import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { copyExample, linesOf } from './example.ts'
import { hasChromium, openPage } from './page.ts'

describe.runIf(hasChromium)('examples/urql', { tags: ['chromium'] }, () => {
  it('shows what is pushed, and says when the connection was lost', { timeout: 300_000 }, async () => {
    const [install = '', start = '', ...more] = await linesOf('urql')
    expect([install, start, ...more]).toEqual(['npm install', 'npm run dev'])
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    await using example = await copyExample('urql')
    await example.run(install)
    await example.run('npm run build')
    const server = example.start(start, { MESHERY_URL: fake.url })
    await using browser = await openPage(await server.prints(/http:\/\/localhost:\d+/))
    const { page, errors } = browser
    const events = (): Promise<string[]> => page.locator('li').allTextContents()
    await expect.poll(() => page.getByRole('status').textContent()).toContain('OPERATOR DEPLOYED')
    await expect.poll(() => fake.stats.operations).toBe(3)
    fake.events.add({ description: 'Deployed', severity: 'informational' })
    fake.events.add({ description: 'Failed', severity: 'error' })
    await expect.poll(events).toEqual(['error: Failed', 'informational: Deployed'])
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'UNDEPLOYED' })
    await expect.poll(() => page.getByRole('status').textContent()).toContain('OPERATOR UNDEPLOYED')
    fake.faults.cut()
    await page.getByText(/^Connection lost \d times/).waitFor()
    await expect.poll(() => fake.stats.operations).toBe(3)
    fake.events.add({ description: 'Repaired', severity: 'warning' })
    await expect.poll(events).toEqual(['warning: Repaired', 'error: Failed', 'informational: Deployed'])
    expect(errors).toEqual([])
  })
})
