import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { descriptionsIn, type LivePage, openLive, shows } from './live-page.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'
import { fillScene } from './page-scene.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds against WCAG 2.2 A and AA and its own best practices, in short. */
const axeFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    )
  })
}

declare global {
  /** What `axe-core` adds to a page. */
  var axe: { run(): Promise<AxeResults> }
}

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

describe.runIf(isWanted)('the page of the dashboard', { tags: ['chromium'] }, () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  const opened = (fake: FakeMeshery, descriptions?: readonly string[], query?: string): Promise<LivePage> =>
    openLive(rig, fake, { descriptions, query })
  const add = (fake: FakeMeshery, description: string): void => void fake.events.add({ description })

  it('shows which server it is of, and how it is connected', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake)
    await expect.poll(() => one.page.locator('.facts').innerText()).toMatch(/https:\/\/meshery\.example\.com\s/)
    const facts = await one.page.locator('.facts').innerText()
    expect(facts.replaceAll('\n', ' ')).toMatch(/Release v1\.0\.60 Context production User Ada Lovelace Gaps none/)
    expect(await one.page.getByRole('status').innerText()).toBe('Live over SSE')
    expect(one.errors).toEqual([])
  })

  it('shows the events of the past, and others as they come, the newest first', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake, ['One', 'Two'])
    await shows(one.page, ['Two', 'One'])
    add(fake, 'Three')
    await shows(one.page, ['Three', 'Two', 'One'])
    expect(await one.page.locator('.rate figcaption').innerText()).toMatch(/3 events in the last hour, 0 problems/)
    expect(one.errors).toEqual([])
  })

  it.each(['v0.7', 'v0.8', 'v1.0'] as const)('follows %s', async (release) => {
    await using fake = await startFakeMeshery({ auth, release })
    await fillScene(fake)
    await using one = await opened(fake)
    await expect.poll(() => one.page.locator('.row').count()).toBeGreaterThan(5)
    await one.page.getByRole('heading', { name: 'production' }).waitFor()
    await one.page.getByRole('row', { name: 'Deployment staging 6' }).waitFor()
    expect(await one.page.locator('.panels [role=alert]').count()).toBe(0)
  })

  it('keeps its filters in its address, through a reload', async () => {
    await using fake = await startFakeMeshery({ auth })
    fake.events.add({ description: 'Deployed well', severity: 'success', category: 'pattern', action: 'deploy' })
    fake.events.add({ description: 'Not deployed', severity: 'error', category: 'pattern', action: 'deploy' })
    fake.events.add({ description: 'Not registered', severity: 'error', category: 'connection', action: 'register' })
    await using one = await opened(fake)
    const { page } = one
    await shows(page, ['Not registered', 'Not deployed', 'Deployed well'])
    await page.getByRole('checkbox', { name: 'error' }).check()
    await shows(page, ['Not registered', 'Not deployed'])
    await page.getByRole('combobox', { name: 'Category' }).selectOption('pattern')
    await shows(page, ['Not deployed'])
    await page.getByRole('combobox', { name: 'Action' }).selectOption('deploy')
    await page.getByRole('searchbox', { name: 'Text' }).fill('DEPLOYED not')
    await shows(page, ['Not deployed'])
    const { search } = new URL(page.url())
    expect(search).toBe('?severity=error&category=pattern&action=deploy&text=DEPLOYED+not')
    await page.reload()
    await shows(page, ['Not deployed'])
    expect(await page.getByRole('searchbox', { name: 'Text' }).inputValue()).toBe('DEPLOYED not')
    await page.getByRole('searchbox', { name: 'Text' }).fill('nothing has this')
    await page.getByText('No event matches the filters.').waitFor()
  })

  it('groups the events of one operation, opens it, and shows all events alone on demand', async () => {
    await using fake = await startFakeMeshery({ auth })
    const operationID = '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c'
    fake.events.add({ description: 'Begun', operationID })
    add(fake, 'Another')
    fake.events.add({ description: 'Done', operationID })
    await using one = await opened(fake)
    const { page } = one
    await expect.poll(async () => (await descriptionsIn(page)).length).toBe(2)
    expect(await descriptionsIn(page)).not.toContain('Begun')
    await page.getByRole('button', { name: '2 events' }).click()
    await expect.poll(async () => (await descriptionsIn(page)).toSorted()).toEqual(['Another', 'Begun', 'Done'])
    expect(await page.getByRole('button', { name: '2 events' }).getAttribute('aria-expanded')).toBe('true')
    await page.getByRole('checkbox', { name: 'By operation' }).uncheck()
    expect(new URL(page.url()).search).toBe('?group=none')
    await expect.poll(() => page.locator('.row-group').count()).toBe(0)
    expect(await page.locator('.row').count()).toBe(3)
  })

  it('shows the day of events that are not of today', async () => {
    await using fake = await startFakeMeshery({ auth })
    const createdAt = new Date(Date.now() - 3 * 86_400_000).toISOString()
    fake.events.add({ createdAt })
    add(fake, 'Of today')
    await using one = await opened(fake, [], '?since=7d')
    await expect.poll(() => one.page.locator('.row').count()).toBe(2)
    const times = await one.page.locator('.row time').allInnerTexts()
    expect(times[0]).toMatch(/^\d\d:\d\d:\d\d$/)
    expect(times[1]).toMatch(/^\d\d [A-Z][a-z]{2} \d\d:\d\d$/)
    expect(
      await one.page
        .locator('.row time')
        .evaluateAll((all) =>
          all.some((element) => element.scrollWidth > element.clientWidth || element.clientHeight > 30),
        ),
    ).toBe(false)
  })

  it('holds the list while it is paused, counts what comes, and shows it afterwards', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake, ['One'])
    const { page } = one
    await shows(page, ['One'])
    await page.getByRole('button', { name: 'Pause' }).click()
    for (const description of ['Two', 'Three', 'Four']) add(fake, description)
    await page.getByRole('button', { name: 'Paused, 3 new' }).waitFor()
    await shows(page, ['One'])
    await page.getByRole('button', { name: 'Paused, 3 new' }).click()
    await shows(page, ['Four', 'Three', 'Two', 'One'])
  })

  it('begins as far back as the user chooses, and a pause ends with the choice', async () => {
    await using fake = await startFakeMeshery({ auth })
    fake.events.add({ description: 'Old', createdAt: new Date(Date.now() - 2 * 3_600_000).toISOString() })
    add(fake, 'New')
    await using one = await opened(fake)
    const { page } = one
    await shows(page, ['New', 'Old'])
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('combobox', { name: 'Last' }).selectOption('1h')
    await shows(page, ['New'])
    expect(new URL(page.url()).search).toBe('?since=1h')
    for (const description of ['Newer', 'Newest']) add(fake, description)
    await shows(page, ['Newest', 'Newer', 'New'])
  })

  it('shows why it failed in place of an empty page', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake)
    const { page } = one
    await page.evaluate(() => {
      HTMLCanvasElement.prototype.getContext = () => {
        throw new Error('There is no <canvas>.')
      }
    })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByRole('alert').getByText('There is no <canvas>.').waitFor()
    await page.getByRole('button', { name: 'Load it again' }).click()
    await page.getByRole('status').getByText('Live', { exact: false }).waitFor()
  })

  it('is used by the keyboard: rows, details, search, pause, grouping', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake, ['One', 'Two', 'Three'])
    const { page } = one
    await shows(page, ['Three', 'Two', 'One'])
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '')
    await page.keyboard.press('j')
    await expect.poll(focused).toContain('Three')
    expect(await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)).toBe(
      'solid',
    )
    await page.keyboard.press('j')
    await expect.poll(focused).toContain('Two')
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toContain('One')
    await page.keyboard.press('k')
    await expect.poll(focused).toContain('Two')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('Two').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    await expect.poll(focused).toContain('Two')
    await page.keyboard.press('p')
    await page.getByRole('button', { name: 'Paused' }).waitFor()
    await page.keyboard.press('p')
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    await page.keyboard.press('g')
    await expect.poll(() => page.getByRole('checkbox', { name: 'By operation' }).isChecked()).toBe(false)
    await page.keyboard.press('/')
    await page.keyboard.type('jkpg')
    expect(await page.getByRole('searchbox', { name: 'Text' }).inputValue()).toBe('jkpg')
  })

  it('leaves single keys alone when the user turns them off', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake, ['One'])
    const { page } = one
    await page.getByRole('checkbox', { name: 'Keys' }).uncheck()
    await page.keyboard.press('p')
    await page.reload()
    await shows(page, ['One'])
    expect(await page.getByRole('checkbox', { name: 'Keys' }).isChecked()).toBe(false)
    await page.keyboard.press('p')
    add(fake, 'Two')
    await shows(page, ['Two', 'One'])
    expect(await page.getByRole('button', { name: 'Paused' }).count()).toBe(0)
  })

  it('keeps the focus on its event and what is read in its place while others come', async () => {
    await using fake = await startFakeMeshery({ auth })
    const descriptions = Array.from({ length: 100 }, (_, index) => `Event ${index}`)
    await using one = await opened(fake, descriptions)
    const { page } = one
    await page.locator('.scroller').evaluate((element) => {
      element.scrollTop = 40 * 32
    })
    const row = page.locator('.row', { hasText: 'Event 50' })
    await row.locator('.row-open').focus()
    const before = await row.boundingBox()
    for (let index = 0; index < 20; index++) add(fake, `New ${index}`)
    await page.getByText('the latest 120').waitFor()
    await expect.poll(async () => (await row.boundingBox())?.y).toBe(before?.y)
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '')
    expect(await focused()).toContain('Event 50')
    await page.locator('.scroller').evaluate((element) => {
      element.scrollTop = 0
    })
    await page.getByText('New 19').waitFor()
    await expect.poll(() => page.getByText('Event 60').count()).toBe(0)
    expect(await focused()).toContain('Event 50')
    await page.keyboard.press('j')
    await expect.poll(focused).toContain('Event 49')
  })

  it('shows the probable cause and the remedy of an error, and links into Meshery', async () => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    await using one = await opened(fake)
    const { page } = one
    await page
      .getByRole('button', { name: /emojivoto could not be deployed/ })
      .first()
      .click()
    const details = page.getByRole('dialog')
    await details.locator('.long', { hasText: 'A policy of the cluster refuses images without a digest.' }).waitFor()
    await details.locator('.long', { hasText: 'Set the image to one with a digest, and deploy it again.' }).waitFor()
    const link = details.getByRole('link', { name: 'Open in Meshery' })
    expect(await link.getAttribute('href')).toBe('https://meshery.example.com/configuration/designs')
  })

  it('shows clusters, resources with what just changed, designs and load tests', async () => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    await using one = await opened(fake)
    const { page } = one
    const card = page.locator('.card', { hasText: 'staging' })
    await card.getByText('Kubernetes v1.32.1').waitFor()
    await card.getByText('running').waitFor()
    await page.getByRole('row', { name: 'Pod staging 19' }).waitFor()
    const { connection_id, kubernetes_server_id } = fake.contexts.rows[1] ?? {}
    fake.resources.set(kubernetes_server_id ?? '', 'default', 'Pod', 25)
    await page.getByRole('row', { name: /Pod staging 25 \+6 at/ }).waitFor()
    fake.controllers.set(connection_id ?? '', 'OPERATOR', { status: 'UNDEPLOYED', version: 'v0.8.1' })
    await card.getByText('undeployed').waitFor()
    await card.getByText(/since \d\d:\d\d:\d\d/).waitFor()
    const animation = (): Promise<string> =>
      card.locator('.changed').evaluate((element) => getComputedStyle(element).animationName)
    expect(await animation()).toBe('none')
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await animation()).toBe('changed')
    await page.getByRole('textbox', { name: 'Namespace' }).fill('kube-system')
    await page.keyboard.press('Enter')
    await page.getByText('There are no resources in this namespace.').waitFor()
    fake.resources.set(kubernetes_server_id ?? '', 'kube-system', 'DaemonSet', 3)
    await page.getByRole('row', { name: /DaemonSet 3/ }).waitFor()
    await page.getByText('edge-gateway').waitFor()
    const test = page.getByRole('listitem').filter({ hasText: 'checkout, steady load' })
    expect((await test.innerText()).replaceAll('\n', ' ')).toMatch(
      /1 run, last .*requests\/s 240 requests 7,188 average 12.3 ms p99 81 ms failed 0.529 %/,
    )
  })

  it('says in one sentence what a release does not have', async () => {
    await using fake = await startFakeMeshery({ auth, release: 'v0.6', events: false })
    await fillScene(fake)
    const origin = await rig.serve(fake.url)
    await using one = await rig.open(origin)
    const { page } = one
    await page.getByText('This release of Meshery has no events.').waitFor()
    expect(await page.locator('.timeline').innerText()).toBe('Events\n\nThis release of Meshery has no events.')
    await page.getByRole('heading', { name: 'staging' }).waitFor()
    await expect.poll(() => page.getByRole('status').innerText()).toMatch(/Live|Polling/)
    await origin[Symbol.asyncDispose]()
  })

  it('reports that the server is away, and misses nothing when it is back', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using one = await opened(fake, ['One'])
    const { page } = one
    await shows(page, ['One'])
    await fake.stop()
    one.origin.cut()
    await expect.poll(() => page.getByRole('status').innerText()).toBe('Disconnected')
    await page.getByText('Next try at').waitFor()
    add(fake, 'Stored meanwhile')
    await fake.start()
    await page.getByRole('status').getByText('Live over SSE').waitFor()
    await shows(page, ['Stored meanwhile', 'One'])
    expect(await page.locator('.facts').innerText()).toMatch(/closed|1 gap/)
  })

  it('shows hostile text as text: markup, changed direction, a megabyte', async () => {
    await using fake = await startFakeMeshery({ auth })
    const markup = '<img src=x onerror="globalThis.wasRun=true"><script>globalThis.wasRun=true</script>'
    add(fake, markup)
    fake.events.add({
      description: 'Deploy \u202egnp.exe\u202c \u0000 done',
      category: '<b>bold</b>',
      metadata: { error: { ProbableCause: [markup], SuggestedRemediation: ['javascript:alert(1)'] } },
    })
    add(fake, `Long ${'x'.repeat(2 ** 20)}`)
    await using one = await opened(fake)
    const { page } = one
    await expect.poll(() => page.locator('.row').count()).toBe(3)
    const [long, turned, marked] = await descriptionsIn(page)
    expect(marked).toBe(markup)
    expect(turned).toBe('Deploy [U+202E]gnp.exe[U+202C] [U+0000] done')
    expect(long?.length).toBeLessThan(400)
    await page.locator('.row-open').nth(1).click()
    await page.getByRole('dialog').getByText(markup).waitFor()
    await page.locator('.row-open').nth(0).click()
    await page.getByText('This event is very long: the page keeps its beginning.').waitFor()
    expect((await page.getByRole('dialog').innerText()).length).toBeLessThan(70_000)
    expect(await page.evaluate(() => 'wasRun' in globalThis)).toBe(false)
    expect(await page.locator('img, main script').count()).toBe(0)
    expect(one.errors).toEqual([])
  })

  it.each(['light', 'dark'] as const)('has nothing that axe-core finds: %s', async (colorScheme) => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    await using origin = await rig.serve(fake.url)
    await using one = await rig.open(origin, '?severity=error', { colorScheme, reducedMotion: 'reduce' })
    const { page } = one
    await page.getByText('requests/s').nth(1).waitFor()
    await page.getByRole('row', { name: 'Pod staging 19' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page
      .getByRole('button', { name: /emojivoto could not be deployed/ })
      .first()
      .click()
    await page.getByRole('dialog').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 360, height: 800 })
    expect(await axeFindings(page)).toEqual([])
    await page.evaluate(() => document.querySelector('main')?.append(document.createElement('button')))
    expect((await axeFindings(page)).join()).toContain('button-name')
  })

  it('fits into 360 pixels without scrolling sideways', async () => {
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    add(fake, `A_word_without_an_end_${'x'.repeat(400)}`)
    await using origin = await rig.serve(fake.url)
    await using one = await rig.open(origin, '', { viewport: { width: 360, height: 740 } })
    const { page } = one
    await page.getByText('requests/s').nth(1).waitFor()
    await page.getByRole('row', { name: 'Pod staging 19' }).waitFor()
    const widths = (): Promise<number[]> =>
      page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector('.scroller')?.scrollWidth ?? 0])
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(360)
    await page.locator('.row-open').first().click()
    await page.getByRole('dialog').waitFor()
    expect(await page.getByRole('dialog').evaluate((dialog) => dialog.scrollWidth)).toBeLessThanOrEqual(360)
    expect(Math.max(...(await widths()))).toBeLessThanOrEqual(360)
  })
})
