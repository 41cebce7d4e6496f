import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { BrowserContext } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDashboard, type Dashboard } from '../../src/dashboard/dashboard.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { nowhere } from '../dashboard/served.ts'
import { listen } from '../platform/http-server.ts'
import { waitUntil } from '../waiting.ts'
import { findChromium, launchChromium, openContext } from './chromium.ts'

const executablePath = findChromium()
const wanted = executablePath !== undefined || process.env['CI'] === 'true'

if (!wanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

const identity = { provider: 'Meshery', token: 'planted-token-8sKq2LmZx91uVb77aa' }

/** Follows the events of the page's own origin. What the policy of the page forbids is counted. */
const program = `import { createMeshery } from '../../src/browser.ts'
globalThis.events = []
globalThis.violations = []
document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective))
const subscription = createMeshery().subscribeEvents({})
globalThis.transportOf = () => subscription.status.transport
for await (const { description } of subscription) events.push(description)`

const scriptOf = async (contents: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** A dashboard whose page follows events. */
const startDashboard = async (fake: FakeMeshery): Promise<Dashboard> => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-dashboard-'))
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="assets/page.js"></script>')
  writeFileSync(join(folder, 'assets/page.js'), await scriptOf(program))
  const dashboard = createDashboard({
    connection: { url: fake.url, ...identity },
    platform: nodePlatform(nowhere),
    pageFolder: folder,
  })
  await dashboard.start(0, new AbortController().signal)
  onTestFinished(async () => {
    await dashboard.close()
    rmSync(folder, { recursive: true })
  })
  return dashboard
}

/** A browser without cookies. */
const openBrowser = async (): Promise<BrowserContext> => {
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
  const browser = await launchChromium(executablePath)
  onTestFinished(() => browser.close())
  return openContext(browser)
}

describe.runIf(wanted)('the dashboard in a browser', { tags: ['chromium'] }, () => {
  it.each([
    ['v0.8', 'websocket'],
    ['v1.0', 'websocket'],
    ['current', 'sse'],
  ] as const)(
    'on %s its page follows the events over %s, without a login and within its policy',
    async (release, transport) => {
      await using fake = await startFakeMeshery({ release, auth: identity })
      const dashboard = await startDashboard(fake)
      const context = await openBrowser()
      const page = await context.newPage()
      await page.goto(dashboard.createAddress())
      expect(page.url()).toBe(`http://127.0.0.1:${dashboard.port}/`)
      await waitUntil(async () => (await page.evaluate('globalThis.transportOf?.()')) === transport)
      await waitUntil(() => {
        fake.events.add({ description: 'shown' })
        return page.evaluate('globalThis.events.includes("shown")')
      })
      expect(await page.evaluate('document.cookie')).toBe('')
      expect(await page.evaluate('globalThis.violations')).toEqual([])
      const [cookie, ...others] = await context.cookies()
      expect(others).toEqual([])
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1' })
      // What the browser was given contains no token.
      expect(await page.evaluate('fetch("/api/application").then((answer) => answer.text())')).not.toContain('planted')
      await page.reload()
      expect(page.url()).toBe(`http://127.0.0.1:${dashboard.port}/`)
    },
  )

  /** Tries everything that a page can do to another origin. Each result is 'refused' if it cannot be told from a failure. */
  const attack = (target: string): string => `(async () => {
    const failed = () => 'refused'
    const read = (init) => fetch('${target}/api/system/events', init).then(({ type, status }) => type + status, failed)
    const loads = (name, set) => new Promise((resolve) => {
      const element = Object.assign(document.createElement(name), set)
      element.onload = () => resolve('loaded')
      element.onerror = () => resolve('refused')
      document.body.append(element)
    })
    const socket = new Promise((resolve) => {
      const one = new WebSocket('${target.replace('http', 'ws')}/api/system/graphql/query', 'graphql-transport-ws')
      one.onopen = () => resolve('open')
      one.onerror = () => resolve('refused')
    })
    return {
      read: await read({ credentials: 'include' }),
      script: await loads('script', { src: '${target}/assets/page.js' }),
      image: await loads('img', { src: '${target}/api/system/events' }),
      socket: await socket,
      post: await fetch('${target}/api/system/graphql/query', {
        method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"query":"{ a }"}',
      }).then(() => 'sent', failed),
    }
  })()`

  it.each([
    ['another site', 'localhost'],
    ['another port of the same host, to which the browser sends the cookie', '127.0.0.1'],
  ])('a page of %s reads nothing, opens nothing and reaches no Meshery', async (_, host) => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth: identity })
    const dashboard = await startDashboard(fake)
    await using elsewhere = await listen((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,"><body>'),
    )
    const context = await openBrowser()
    // The cookie alone: a page would follow events meanwhile.
    expect((await context.request.get(dashboard.createAddress())).status()).toBe(200)
    expect(await context.cookies()).toHaveLength(1)
    fake.stats.reset()
    const page = await context.newPage()
    await page.goto(elsewhere.url.replace('127.0.0.1', host))
    expect(await page.evaluate(attack(`http://127.0.0.1:${dashboard.port}`))).toEqual({
      read: 'refused',
      script: 'refused',
      image: 'refused',
      socket: 'refused',
      // It arrives, and is refused there.
      post: expect.any(String),
    })
    // A link of that page does not open the dashboard either.
    await page.evaluate(`location.href = 'http://127.0.0.1:${dashboard.port}/'`)
    await waitUntil(() => page.url() === `http://127.0.0.1:${dashboard.port}/`)
    expect(await page.textContent('body')).toContain('copy its address into the address bar')
    expect(fake.stats.requests).toEqual([])
  })
})
