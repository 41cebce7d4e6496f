import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { findChromium, launchChromium, openContext } from './chromium.ts'
import { serveSameOrigin } from './same-origin.ts'

const executablePath = findChromium()
const wanted = executablePath !== undefined || process.env['CI'] === 'true'

if (!wanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

/** Marks the two newest events as read, and deletes the oldest. */
const program = `import { createEventActions } from '../../src/actions/browser.ts'
globalThis.result = (async () => {
  const actions = createEventActions()
  const ids = (await actions.listEvents()).events.map(({ id }) => id)
  const marked = await actions.markRead(ids.slice(0, 2))
  const removed = await actions.remove(ids[2])
  const { totalCount } = await actions.summary({ status: 'read' })
  await actions.close()
  return { ids, marked, removed, totalCount }
})()`

describe.runIf(wanted)('in a browser', { tags: ['chromium'] }, () => {
  it('events are listed, marked and deleted with the cookies of the page', async () => {
    if (executablePath === undefined)
      throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
    const script = await build({
      stdin: { contents: program, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['browser'],
      write: false,
    })
    await using fake = await startFakeMeshery({ seed: [{}, {}, {}] })
    const [oldest, middle, newest] = fake.events.rows.map(({ id }) => id)
    await using server = await serveSameOrigin(fake.url, {
      '/page': {
        type: 'text/html',
        body: '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      },
      '/page.js': { type: 'text/javascript', body: script.outputFiles[0]?.text ?? '' },
    })
    const browser = await launchChromium(executablePath)
    try {
      const context = await openContext(browser)
      await context.addCookies([{ name: 'meshery-provider', value: 'Local', url: server.url }])
      const page = await context.newPage()
      await page.goto(`${server.url}/page`)
      expect(await page.evaluate('globalThis.result')).toEqual({
        ids: expect.arrayContaining([oldest, middle, newest]),
        marked: { done: expect.any(Array), missing: [] },
        removed: { done: [expect.any(String)], missing: [] },
        totalCount: 2,
      })
      expect(fake.events.rows.map(({ status }) => status)).toEqual(['read', 'read'])
    } finally {
      await browser.close()
    }
  })
})
