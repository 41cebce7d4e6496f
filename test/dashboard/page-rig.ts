import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { pageHeaders } from '../../src/dashboard/answer.ts'
import { findChromium, launchChromium, openContext } from '../browser/chromium.ts'
import { auth } from '../browser/rig.ts'
import { type PageFile, type SameOrigin, serveSameOrigin } from '../browser/same-origin.ts'

export { auth, isWanted } from '../browser/rig.ts'

const contentTypes: Readonly<Partial<Record<string, string>>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/** What the server of the dashboard reports. */
const summary = {
  server: { url: 'https://meshery.example.com', release: 'v1.0.60' },
  context: 'production',
  user: 'Ada Lovelace',
  links: { ui: 'https://meshery.example.com/' },
}

const json = (value: unknown): PageFile => ({ type: 'application/json', body: JSON.stringify(value) })

/** The built page, in a Chromium. */
export interface PageRig extends AsyncDisposable {
  /** The folder of the page, as the server of the dashboard serves it. */
  readonly folder: string
  /** Serves the page at an origin that is also that of the server. */
  serve(target: string): Promise<SameOrigin>
  /** Opens the page, and collects what goes wrong in it. */
  open(origin: SameOrigin, query?: string, options?: BrowserContextOptions): Promise<OpenPage>
  /** Opens an address without the cookies of a user. */
  visit(url: string): Promise<OpenPage>
}

/** A page and what went wrong in it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** Errors of scripts, and what the content security policy refused. */
  readonly errors: readonly string[]
}

/** Builds the page and starts Chromium. */
export async function startPageRig(): Promise<PageRig> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-dashboard-'))
  const [files, browser] = await Promise.all([buildPage(folder), launchChromium(executablePath, '--disable-lcd-text')])
  return {
    folder,
    serve: (target) => serveSameOrigin(target, files),
    open: (origin, query = '', options = {}) =>
      open(browser, { url: `${origin.url}/${query}`, options, cookies: userCookies }),
    visit: (url) => open(browser, { url, options: {}, cookies: {} }),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true })
      await browser.close()
    },
  }
}

type BuildDashboard = (folder: string) => Promise<readonly string[]>

async function buildPage(folder: string): Promise<Record<string, PageFile>> {
  const { buildDashboard }: { buildDashboard: BuildDashboard } = await import(
    new URL('../../scripts/dashboard.mjs', import.meta.url).href
  )
  await buildDashboard(folder)
  const assets = readdirSync(join(folder, 'assets')).map((name) => `/assets/${name}`)
  const files = assets.map((path) => [path, fileOf(join(folder, path))] as const)
  return {
    ...Object.fromEntries(files),
    '/': fileOf(join(folder, 'index.html')),
    '/dashboard.json': json(summary),
  }
}

const fileOf = (path: string): PageFile => ({
  type: contentTypes[extname(path)] ?? 'application/octet-stream',
  body: readFileSync(path, 'utf8'),
  headers: pageHeaders,
})

const userCookies = { 'meshery-provider': auth.provider, token: auth.token }

interface Visit {
  readonly url: string
  readonly options: BrowserContextOptions
  readonly cookies: Readonly<Record<string, string>>
}

async function open(browser: Browser, { url, options, cookies }: Visit): Promise<OpenPage> {
  const context = await openContext(browser, { viewport: { width: 1440, height: 900 }, ...options })
  const { origin } = new URL(url)
  await context.addCookies(
    Object.entries(cookies).map(([name, value]) => ({ name, value, url: origin, httpOnly: true })),
  )
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|Maximum update depth/.test(message.text())) errors.push(message.text())
  })
  await page.goto(url)
  return { page, errors, [Symbol.asyncDispose]: () => context.close() }
}
