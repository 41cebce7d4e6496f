import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startFakeMeshery } from 'meshery-live/testing'
import { chromium } from 'playwright-core'
import { interleave, median } from '../statistics.mjs'

/** How many events the page keeps, and few of them. */
const sizes = { many: 20_000, few: 200 }
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const measure = 'frames a second of the dashboard while 20 000 events are scrolled, in headless Chromium'

/** What scrolling costs where the list is long: the same page with 20,000 events and with 200. */
export async function page({ quick }) {
  const target = '>= 50'
  const executablePath = findChromium()
  if (executablePath === undefined) return [{ measure, target: '', result: 'not measured: Chromium is not here' }]
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] })
  const opened = Object.fromEntries(
    await Promise.all(Object.entries(sizes).map(async ([name, count]) => [name, await openPage(browser, count)])),
  )
  try {
    const rates = await interleave(
      quick ? 3 : 9,
      Object.fromEntries(Object.keys(sizes).map((name) => [name, () => framesASecond(opened[name].page)])),
    )
    const [many, few] = [median(rates.many), median(rates.few)]
    const result = `${many.toFixed(0)} (with 200 events ${few.toFixed(0)}: ${(many / few).toFixed(2)})`
    return [{ measure, target, result, met: many >= 50 }]
  } finally {
    await browser.close()
    for (const { stop } of Object.values(opened)) await stop()
  }
}

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // It is missing or not executable: the next one may work.
    return false
  }
}

/** The page as `meshery-live dashboard` serves it, once it shows so many events. */
async function openPage(browser, count) {
  const fake = await startFakeMeshery()
  const severities = ['informational', 'success', 'warning', 'error']
  const begin = Date.now() - 600_000
  for (let at = 0; at < count; at++) {
    const description = `Design ${at} was deployed to the cluster staging in the namespace default`
    const createdAt = new Date(begin + at).toISOString()
    const severity = severities[at % severities.length]
    fake.events.add({ severity, category: 'pattern', action: 'deploy', description, createdAt }, { push: false })
  }
  const dashboard = spawn(process.execPath, [program, 'dashboard', '--no-open', '--url', fake.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [, address] = /^Dashboard: (.*)$/.exec(await firstLineOf(dashboard)) ?? []
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(address)
  await page.getByText(`in ${count.toLocaleString('en-US')} rows`).waitFor({ timeout: 300_000 })
  return {
    page,
    async stop() {
      dashboard.kill()
      await fake.close()
    },
  }
}

async function firstLineOf({ stdout }) {
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error('`meshery-live dashboard` ended without an address')
}

/** Scrolls through the list, a part of a screen a frame; from the median of the times between two frames. */
async function framesASecond(page) {
  await page.bringToFront()
  const gaps = await page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const scroller = document.querySelector('.scroller')
        const gaps = []
        let last = performance.now()
        const step = (now) => {
          gaps.push(now - last)
          last = now
          scroller.scrollTop += gaps.length % 200 < 100 ? 240 : -160
          if (gaps.length < wanted) requestAnimationFrame(step)
          else resolve(gaps.slice(1))
        }
        requestAnimationFrame(step)
      }),
    300,
  )
  return 1_000 / median(gaps)
}
