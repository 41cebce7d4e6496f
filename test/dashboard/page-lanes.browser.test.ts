import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { openLive, shows } from './live-page.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'

/** The lanes of the rows by their marks: the tone of the event, and those of the events that a row hides. */
const lanesIn = (page: Page): Promise<string[]> =>
  page
    .locator('.row .lanes')
    .evaluateAll((all) =>
      all.map((lanes) =>
        [...lanes.querySelectorAll('.mark')]
          .map(({ className }) => `${/tone-(\w+)/.exec(className)?.[1]}${className.includes('small') ? ' hidden' : ''}`)
          .join(', '),
      ),
    )

describe.runIf(isWanted)('the severity lanes of the dashboard', () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  it('has a lane for each kind of severity, with the mark of each event in its lane', async () => {
    await using fake = await startFakeMeshery({ auth })
    for (const severity of ['emergency', 'error', 'warning', 'success', 'informational', 'fatal'])
      fake.events.add({ severity, description: severity })
    await using one = await openLive(rig, fake)
    const { page } = one
    await expect.poll(() => lanesIn(page)).toEqual(['neutral', 'neutral', 'success', 'warning', 'error', 'critical'])
    const centres = (selector: string): Promise<number[]> =>
      page.locator(selector).evaluateAll((all) =>
        all.map((element) => {
          const { left, right } = element.getBoundingClientRect()
          return Math.round((left + right) / 2)
        }),
      )
    const heads = await centres('.lane-head')
    expect(heads).toHaveLength(5)
    const places = [4, 4, 3, 2, 1, 0]
    expect(await centres('.row .mark')).toEqual(places.map((place) => heads[place]))
    expect(await page.getByRole('button', { name: 'informational and others: 2 events' }).innerText()).toBe('2')
  })

  it('shows in a closed operation the lanes of the events that it hides, and the worst of them in a word', async () => {
    await using fake = await startFakeMeshery({ auth })
    const operationID = '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c'
    for (const severity of ['error', 'informational', 'success']) fake.events.add({ severity, operationID })
    await using one = await openLive(rig, fake)
    const { page } = one
    await expect.poll(() => lanesIn(page)).toEqual(['error hidden, neutral hidden, success'])
    const group = page.getByRole('button', { name: /^3 events\s*worst: error$/ })
    await group.click()
    await expect.poll(() => lanesIn(page)).toEqual(['success', 'neutral', 'error'])
  })

  it('shows the events of a lane by its head or its digit, and has the choice in its address', async () => {
    await using fake = await startFakeMeshery({ auth })
    for (const severity of ['alert', 'error', 'fatal']) fake.events.add({ severity, description: severity })
    await using one = await openLive(rig, fake)
    const { page } = one
    const head = (name: string) => page.getByRole('button', { name })
    await shows(page, ['fatal', 'error', 'alert'])
    await head('critical and worse: 1 event').click()
    await shows(page, ['alert'])
    expect(await head('critical and worse').getAttribute('aria-pressed')).toBe('true')
    expect(await page.getByRole('checkbox', { name: 'emergency' }).isChecked()).toBe(true)
    expect(new URL(page.url()).search).toBe('?severity=emergency%2Calert%2Ccritical')
    await page.getByRole('checkbox', { name: 'emergency' }).uncheck()
    expect(await head('critical and worse').getAttribute('aria-pressed')).toBe('mixed')
    await head('informational and others: 1 event').focus()
    await page.keyboard.press('Enter')
    await shows(page, ['fatal', 'alert'])
    await page.reload()
    await shows(page, ['fatal', 'alert'])
    await page.getByRole('checkbox', { name: 'other' }).uncheck()
    await shows(page, ['alert'])
    await page.locator('h1').click()
    for (const key of ['1', '1', '5', '5', '2']) await page.keyboard.press(key)
    await shows(page, ['error'])
    expect(new URL(page.url()).search).toBe('?severity=error')
  })

  it('has in a narrow window no lanes, and every severity as a word', async () => {
    await using fake = await startFakeMeshery({ auth })
    const operationID = '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c'
    for (const severity of ['critical', 'success']) fake.events.add({ severity, operationID })
    fake.events.add({ severity: 'fatal' })
    await using one = await openLive(rig, fake)
    const { page } = one
    await expect.poll(() => page.locator('.row').count()).toBe(2)
    expect(await page.locator('.list-head').isVisible()).toBe(true)
    for (const width of [720, 360]) {
      await page.setViewportSize({ width, height: 800 })
      await expect.poll(() => page.locator('.lanes:visible, .list-head:visible').count()).toBe(0)
      expect(await page.locator('.row .severity').allInnerTexts()).toEqual(['fatal', 'success'])
      const worst = await page.getByText('worst: critical').boundingBox()
      expect(worst?.width).toBeGreaterThan(40)
    }
    await page.setViewportSize({ width: 721, height: 800 })
    await expect.poll(() => page.locator('.lanes:visible').count()).toBe(2)
  })
})
