import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'
import { limitMs } from '../limits.ts'

export { findChromium } from './find-chromium.ts'

/** The arguments with which it works without a display, as root in a container, and without network calls of its own. */
const chromiumFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts it, with these flags added. */
export const launchChromium = (executablePath: string, ...flags: string[]): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...chromiumFlags, ...flags], timeout: limitMs })

/** A context without cookies, whose pages wait as long as every test. */
export const openContext = async (browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> => {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(limitMs)
  return context
}
