import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { reservePort } from '../reserve-port.ts'
import { limitMs } from '../waiting.ts'
import { bundlePage, type PageScript } from './build.ts'
import { findChromium, launchChromium, openContext } from './chromium.ts'
import { type SameOrigin, serveSameOrigin } from './same-origin.ts'

const executablePath = findChromium()

/** Whether the tests in a browser run: with CI=true a Chromium that is missing is a failure. */
export const isWanted: boolean = executablePath !== undefined || process.env['CI'] === 'true'

if (!isWanted) console.log('Skipped in a browser: there is no Chromium on the PATH. With CI=true that is a failure.')

/** The identity of the page's user. */
export const auth = { provider: 'Meshery', token: 'a-token-of-some-length' }

/** A running Chromium and the script of the page. */
export interface Rig extends AsyncDisposable {
  readonly script: PageScript
  /** Serves the page at an origin that is also that of the server. */
  serve(target: string): Promise<SameOrigin>
  /** Opens the page there, with the cookies of a user, unless it is not signed in. */
  open(origin: SameOrigin, query?: string, isSignedIn?: boolean): Promise<Page>
  /** The same in a tab that the browser may freeze: Playwright keeps all others awake. */
  openFreezable(origin: SameOrigin, query?: string): Promise<Page>
}

/** Starts Chromium. `page`: the script that it shows. */
export const startRig = async (page: Promise<PageScript> = bundlePage('page.ts')): Promise<Rig> => {
  if (executablePath === undefined) throw new Error('There is no Chromium on the PATH (with CI=true it must be there)')
  const reserved = await reservePort()
  const { port } = reserved
  const [script, browser] = await Promise.all([page, launchChromium(executablePath, `--remote-debugging-port=${port}`)])
  return {
    script,
    serve: (target) => serveSameOrigin(target, filesOf(script)),
    open: async (origin, query = '', isSignedIn = true) =>
      open(await openContext(browser), { url: origin.url, query, isSignedIn }),
    openFreezable: async (origin, query = '') => {
      const plain = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true, timeout: limitMs })
      const [context] = plain.contexts()
      if (!context) throw new Error('Chromium has no context of its own')
      return open(context, { url: origin.url, query, isSignedIn: true })
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      reserved[Symbol.dispose]()
    },
  }
}

const filesOf = ({ text }: PageScript) => ({
  '/page': {
    type: 'text/html',
    body: '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
  },
  '/page.js': { type: 'text/javascript', body: text },
})

interface Visit {
  readonly url: string
  readonly query: string
  readonly isSignedIn: boolean
}

const open = async (context: BrowserContext, { url, query, isSignedIn }: Visit): Promise<Page> => {
  const cookies = Object.entries({ 'meshery-provider': auth.provider, token: auth.token })
  if (isSignedIn) await context.addCookies(cookies.map(([name, value]) => ({ name, value, url, httpOnly: true })))
  const page = await context.newPage()
  page.setDefaultTimeout(limitMs)
  await page.goto(`${url}/page#${encodeURIComponent(query)}`)
  return page
}
