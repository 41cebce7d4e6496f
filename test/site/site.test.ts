import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchChromium, openContext } from '../browser/chromium.ts'

const dist = join(import.meta.dirname, '../../docs/.vitepress/dist')
const executablePath = findChromium()
const isWanted = executablePath !== undefined || process.env['CI'] === 'true'
if (!isWanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
}

/** Serves the built site as any host of static files does. */
const serveSite = async (): Promise<AsyncDisposable & { readonly url: string }> => {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const file = join(dist, decodeURIComponent(pathname.replace(/\/$/, '/index.html')))
    if (!existsSync(file) || !statSync(file).isFile()) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(readFileSync(file))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What a page complained about, and what it asked other hosts for. */
const watch = (page: Page, origin: string): string[] => {
  const faults: string[] = []
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) faults.push(url)
  })
  page.on('response', (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`))
  return faults
}

describe.runIf(isWanted)('the site in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    if (executablePath === undefined)
      throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
    browser = await launchChromium(executablePath)
  })
  afterAll(() => browser?.close())

  const newPage = async (options?: BrowserContextOptions): Promise<Page> => {
    return await (await openContext(browser, options)).newPage()
  }

  it('has a home page that leads to the tutorial', async () => {
    await using site = await serveSite()
    const page = await newPage()
    const faults = watch(page, site.url)
    await page.goto(site.url)
    await page.getByRole('link', { name: 'Five-minute tutorial' }).click()
    await page.getByRole('heading', { level: 1, name: 'A live page in five minutes' }).waitFor()
    expect(faults).toEqual([])
  })

  it('has a page with its drawings, its place in the sidebar and its outline', async () => {
    await using site = await serveSite()
    const page = await newPage({ viewport: { width: 1440, height: 900 } })
    const faults = watch(page, site.url)
    await page.goto(`${site.url}/why-the-store.html`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const drawings = page.locator('.vp-doc img')
    expect(await drawings.count()).toBe(2)
    for (const drawing of await drawings.all()) {
      await drawing.scrollIntoViewIfNeeded()
      await expect.poll(() => drawing.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100)
    }
    expect(await page.locator('.VPSidebarItem.is-active').last().textContent()).toContain(
      'Why events are read from the store',
    )
    await page.locator('.VPDocAsideOutline').getByText('What it costs').waitFor()
    expect(faults).toEqual([])
  })

  it('finds "cursor", and leads to the place', async () => {
    await using site = await serveSite()
    const page = await newPage()
    const faults = watch(page, site.url)
    await page.goto(site.url)
    await page.locator('.VPNavBarSearch button').first().click()
    await page.locator('#localsearch-input').fill('cursor')
    const results = page.locator('#localsearch-list .result')
    await results.first().waitFor()
    expect(await results.count()).toBeGreaterThan(2)
    expect((await results.allTextContents()).join(' ').toLowerCase()).toContain('cursor')
    // A page that explains comes before the reference of a name.
    expect(await results.first().getAttribute('href')).not.toContain('/api/')
    await results.first().click()
    await page.waitForURL(/\.html#?/)
    expect((await page.locator('.vp-doc').textContent())?.toLowerCase()).toContain('cursor')
    expect(faults).toEqual([])
  })

  it('has the API of an entry, with the text of its declaration', async () => {
    await using site = await serveSite()
    const page = await newPage()
    const faults = watch(page, site.url)
    await page.goto(`${site.url}/api/meshery-live/cursor.html#filecursor`)
    await page.getByRole('heading', { name: 'fileCursor()' }).waitFor()
    expect(faults).toEqual([])
  })

  it.each(['/', '/tutorial.html', '/streams/events.html'])('fits a phone of 360 pixels: %s', async (path) => {
    await using site = await serveSite()
    const page = await newPage({ viewport: { width: 360, height: 740 } })
    await page.goto(site.url + path)
    await page.locator('h1').first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  })
})

describe('what language models read', () => {
  const list = readFileSync(join(dist, 'llms.txt'), 'utf8')
  const links = [...list.matchAll(/^- \[.*?\]\((.*?)\)/gm)].map(([, path = '']) => path)

  it('is a list of pages that are there as Markdown, without front matter', () => {
    expect(list).toMatch(/^# meshery-live\n\n> \S/)
    expect(links.length).toBeGreaterThan(20)
    for (const path of links) expect(readFileSync(join(dist, path), 'utf8')).toMatch(/^# \S/)
  })

  it('has the declarations of every entry', () => {
    const listed = links.filter((path) => path.startsWith('api/'))
    expect(listed.length).toBeGreaterThan(8)
    const text = listed.map((path) => readFileSync(join(dist, path), 'utf8')).join('\n')
    for (const name of [
      'createMeshery',
      'useEvents',
      'resumeEvents',
      'startFakeMeshery',
      'diagnose',
      'relay',
      'createEventActions',
    ])
      expect(text).toMatch(new RegExp(`^### ${name}(\\(\\))?$`, 'm'))
  })

  it('is all pages of docs/ in one file, too', () => {
    const full = readFileSync(join(dist, 'llms-full.txt'), 'utf8')
    for (const path of links.filter((one) => !one.startsWith('api/'))) {
      const [heading = ''] = readFileSync(join(dist, path), 'utf8').split('\n')
      expect(full).toContain(`\n${heading}\n`)
    }
  })

  it('has links that lead to files of the site', () => {
    for (const path of links) {
      const text = readFileSync(join(dist, path), 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
      for (const [, target = ''] of text.matchAll(/\]\((?![a-z]+:|#)([^)#]*)/g))
        expect(existsSync(join(dist, path, '..', target)), `${path}: ${target}`).toBe(true)
    }
  })
})
