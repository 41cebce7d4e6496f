import { chromium, type Page } from 'playwright-core'
import { chromiumFlags, findChromium } from '../browser/chromium.ts'

/** Whether the tests of pages run: where there is a Chromium, and with `CI=true` anyway. */
export const hasChromium: boolean = findChromium() !== undefined || process.env['CI'] === 'true'

/** A page of an example, in a browser of its own, signed in with the Local provider. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** What the page has reported as errors, on its console too. */
  readonly errors: string[]
}

export const openPage = async (url: string): Promise<OpenPage> => {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
  const browser = await chromium.launch({ executablePath, args: chromiumFlags })
  const context = await browser.newContext()
  await context.addCookies([{ name: 'meshery-provider', value: 'Local', url }])
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(url)
  return { page, errors, [Symbol.asyncDispose]: () => browser.close() }
}
