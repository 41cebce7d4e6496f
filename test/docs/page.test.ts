import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { findChromium, launchChromium, openContext } from '../browser/chromium.ts'
import { serveSameOrigin } from '../browser/same-origin.ts'
import { isFull, sampled } from '../sample.ts'
import { fencedBlocks, partsOf } from './code-blocks.ts'
import { pages, root } from './pages.ts'
import { typeCheck } from './type-check.ts'

const executablePath = findChromium()
const wanted = executablePath !== undefined || process.env['CI'] === 'true'
const blocks = [...pages]
  .flatMap(([page, text]) => fencedBlocks(page, text))
  .filter(({ marks }) => /^tsx? page( file=\S+)?$/.test(marks.join(' ')))
  .map(({ where, marks: [language], code }) => ({
    where,
    code,
    loader: language === 'tsx' ? ('tsx' as const) : ('ts' as const),
  }))

if (!wanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

describe('a program for a page in the documents', () => {
  it('exists', () => expect(blocks.length).toBeGreaterThan(0))

  let folder = ''
  let said: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(root, 'test/.docs-page-'))
    for (const [index, { code, loader }] of blocks.entries()) {
      const { imports, body } = partsOf(code)
      await writeFile(join(folder, `page-${index}.${loader}`), `${imports}\n${body}`)
    }
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: { jsx: 'react-jsx' },
        include: ['*.ts', '*.tsx'],
      }),
    )
    if (isFull) said = await typeCheck(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(blocks.map((block, index) => ({ ...block, index })))(
    'has the right types: $where',
    { tags: ['full'] },
    ({ loader, index }) => {
      const file = `page-${index}.${loader}`
      expect(said.filter((line) => line.includes(`${file}(`))).toEqual([])
      expect(said.filter((line) => line.endsWith(join(folder, file)))).toHaveLength(1)
    },
  )

  it.runIf(wanted).each(sampled(blocks, 1))(
    'shows the events: $where',
    { tags: ['chromium'] },
    async ({ code, loader }) => {
      if (executablePath === undefined)
        throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
      const script = await build({
        stdin: { contents: code, loader, resolveDir: root },
        alias: {
          'meshery-live/react': join(root, 'src/react/browser.ts'),
          'meshery-live': join(root, 'src/browser.ts'),
        },
        jsx: 'automatic',
        bundle: true,
        format: 'esm',
        platform: 'browser',
        conditions: ['browser'],
        write: false,
      })
      await using fake = await startFakeMeshery({ seed: [{ description: 'An event of before' }] })
      await using server = await serveSameOrigin(fake.url, {
        '/page': {
          type: 'text/html',
          body: '<!doctype html><link rel="icon" href="data:,"><div id="root"></div><ul></ul><script type="module" src="/page.js"></script>',
        },
        '/page.js': { type: 'text/javascript', body: script.outputFiles[0]?.text ?? '' },
      })
      const browser = await launchChromium(executablePath)
      try {
        const context = await openContext(browser)
        // The user has chosen a provider before, in Meshery's own page.
        await context.addCookies([{ name: 'meshery-provider', value: 'Local', url: server.url }])
        const page = await context.newPage()
        await page.goto(`${server.url}/page`)
        await page.waitForFunction(() => document.querySelectorAll('li').length === 1)
        fake.events.add({ description: 'An event of now' })
        await page.waitForFunction(() => document.querySelectorAll('li').length === 2)
        const items = await page.locator('li').allTextContents()
        expect(items.map((text) => text.replace(/^\S+Z /, ''))).toEqual(['An event of now', 'An event of before'])
      } finally {
        await browser.close()
      }
    },
  )
})
