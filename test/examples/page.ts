import type { Page } from 'playwright-core'
import { findChromium, launchChromium, openContext } from '../browser/chromium.ts'

/** Whether the tests of pages run: where there is a Chromium, and with `CI=true` anyway. */
export const hasChromium: boolean = findChromium() !== undefined || process.env['CI'] === 'true'

/** A page of an example, in a browser of its own. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page
  /** What the page has reported as errors, on its console too; without what browsers report of each refused request. */
  readonly errors: string[]
}

/** Opens a page, signed in with the Local provider, which has the name `None` before v1.0. */
export const openPage = async (url: string, provider = 'Local'): Promise<OpenPage> => {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
  const browser = await launchChromium(executablePath)
  const context = await openContext(browser)
  await context.addCookies([{ name: 'meshery-provider', value: provider, url }])
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/^(Failed to load resource|WebSocket connection)/.test(message.text()))
      errors.push(message.text())
  })
  await page.goto(url)
  return { page, errors, [Symbol.asyncDispose]: () => browser.close() }
}
