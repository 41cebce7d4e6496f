import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchChromium, openContext } from '../browser/chromium.ts'
import { reservePort } from '../reserve-port.ts'
import { eventually } from '../waiting.ts'
import { type Fenced, fencedBlocks, fileOf } from './code-blocks.ts'
import { pages, root } from './pages.ts'

const executablePath = findChromium()
const isWanted = executablePath !== undefined || process.env['CI'] === 'true'
if (!isWanted) console.log('Skipped: there is no Chromium on the PATH. With CI=true that is a failure.')

const blocks = fencedBlocks('docs/tutorial.md', pages.get('docs/tutorial.md') ?? '')
const isShell = ({ marks }: Fenced): boolean => marks[0] === 'sh'
const lines = blocks.filter(isShell).flatMap(({ code }) => code.trim().split('\n'))
/** What runs until Ctrl-C. */
const isEndless = (line: string): boolean => /^npx (vite$|meshery-live)|^node /.test(line)
/** What the page shows of the output. */
const shown = blocks.filter(({ marks }) => marks.length === 0).flatMap(({ code }) => code.trimEnd().split('\n'))

/** A line of output without its time. */
const withoutTime = (line: string): string => line.replace(/^\S+Z /, '')

/** A command of the tutorial at work. */
interface Running extends AsyncDisposable {
  output(): string
  readonly code: Promise<number | null>
  /** Ends it at once, with everything that it has started. */
  kill(): Promise<void>
}

describe.runIf(isWanted)('docs/tutorial.md', { tags: ['chromium'] }, () => {
  /** A folder with a built clone of the repository, and beside it the reader's project. */
  let folder = ''
  let meshery = 0
  let vite = 0

  /** The commands and files are those of the page; but no port of another program is used. */
  const placed = (text: string): string =>
    text
      .replace('fake-server', `fake-server --port ${meshery}`)
      .replace(/^npx vite$/, `npx vite --strictPort --port ${vite}`)
      .replaceAll('localhost:9081', `127.0.0.1:${meshery}`)

  const start = (line: string, cwd: string): Running => {
    const child = spawn('bash', ['-ec', placed(line)], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        MESHERY_URL: `http://127.0.0.1:${meshery}`,
        NO_COLOR: '1',
        // `dist` is built before the tests: `npm pack` does not build it again, below the tests that use it.
        npm_config_ignore_scripts: 'true',
        npm_config_cache: process.env['npm_config_cache'] ?? join(process.env['HOME'] ?? tmpdir(), '.npm'),
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    const code = once(child, 'close').then(([exitCode]: (number | null)[]) => exitCode ?? null)
    // The whole group: npx starts the program as a child.
    const kill = async (): Promise<void> => {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        process.kill(-child.pid, 'SIGKILL')
      await code
    }
    return {
      output: () => output,
      code,
      kill,
      async [Symbol.asyncDispose]() {
        await kill()
      },
    }
  }

  const live = (): string => join(folder, 'live')
  const lineOf = (part: string): string => lines.find((line) => line.includes(part)) ?? `no line with ${part}`

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'meshery-live-tutorial-'))
    meshery = (await reservePort()).port
    vite = (await reservePort()).port
    const clone = join(folder, 'meshery-live')
    mkdirSync(clone)
    for (const part of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist', 'src', 'schema', 'man'])
      cpSync(join(root, part), join(clone, part), { recursive: true })
    const [first, ...ending] = lines.filter((line) => !isEndless(line))
    // The clean checkout of `.ci/run` has run it.
    expect(first).toBe('npm ci')
    await using install = start(ending.join('\n'), clone)
    expect(await install.code, install.output()).toBe(0)
    for (const block of blocks) {
      const file = fileOf(block)
      if (file !== undefined) writeFileSync(join(live(), file), placed(block.code))
    }
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))

  it('leads from a fake Meshery to the command line, a program and a page', { timeout: 300_000 }, async () => {
    if (executablePath === undefined)
      throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
    await using server = start(lineOf('fake-server'), live())
    await eventually(() => expect(server.output()).toContain(`http://127.0.0.1:${meshery}`))

    await using events = start(lineOf('meshery-live events'), live())
    const printed = (): string[] => events.output().split('\n').map(withoutTime)
    await eventually(() => expect(printed()).toEqual(expect.arrayContaining(shown.map(withoutTime))))

    await using controllers = start(lineOf('controllers'), live())
    await eventually(() => expect(controllers.output()).toMatch(/k8s-dev +OPERATOR/))

    await using program = start(lineOf('node'), live())
    await eventually(() => expect(program.output().trim().split('\n').length).toBeGreaterThan(3))
    expect(program.output()).toMatch(/^\S+Z (success|warning|error) .*/m)

    await using site = start(lineOf('npx vite'), live())
    await eventually(() => expect(site.output()).toContain(`:${vite}`))
    const [, path = ''] = /`http:\/\/localhost:5173(\S+)`/.exec(pages.get('docs/tutorial.md') ?? '') ?? []
    const browser = await launchChromium(executablePath)
    try {
      const page = await (await openContext(browser)).newPage()
      await page.goto(`http://localhost:${vite}${path}`)
      await page.locator('li').nth(2).waitFor()
      const before = await page.locator('li').count()
      await page.locator('li').nth(before).waitFor()
      expect(await page.locator('p').textContent()).toBe('live')
      expect(await page.locator('li').first().textContent()).toMatch(/^\S+Z \S/)
      await server.kill()
      // Without the `configure` of the page Vite keeps the stream open, and the page shows `live` for 45 s more.
      await eventually(async () => expect(await page.locator('p').textContent()).not.toBe('live'))
    } finally {
      await browser.close()
    }
  })
})
