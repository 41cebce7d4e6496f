import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { auth, isWanted, type PageRig, startPageRig } from './page-rig.ts'
import { fillScene } from './page-scene.ts'
import { committed, difference, lookAt, pictureFile, pictures, textWidth, writtenTextWidth } from './pictures.ts'

/** A zone in which it is past 13 o'clock: an hour of events is of one day, whenever the pictures are taken. */
const afternoonZone = (): string => {
  const behind = new Date().getUTCHours() - 13
  return `Etc/GMT${behind < 0 ? behind : `+${behind}`}`
}

const isWritten = process.env['SCREENSHOTS'] === 'write'

describe.runIf(isWanted)('the pictures of the dashboard', { tags: ['chromium'] }, () => {
  let rig: PageRig

  beforeAll(async () => {
    rig = await startPageRig()
  }, 120_000)
  afterAll(() => rig?.[Symbol.asyncDispose]())

  it.each(pictures)('look as the page does: $name', async (picture) => {
    const { name, options } = picture
    await using fake = await startFakeMeshery({ auth })
    await fillScene(fake)
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin, '', {
      ...options,
      timezoneId: afternoonZone(),
      reducedMotion: 'reduce',
    })
    const { page, errors } = opened
    await page.getByText('Live over SSE').waitFor()
    await page.getByText('requests/s').nth(1).waitFor()
    await page.locator('.rows li').first().waitFor()
    await page.getByText('Deployment').first().waitFor()
    await page.getByText('emojivoto', { exact: true }).first().waitFor()
    fake.events.add({
      severity: 'success',
      category: 'pattern',
      action: 'deploy',
      description: 'Design search deployed',
    })
    await page.getByText('Design search deployed').waitFor()
    if (name === 'dark') {
      await page.getByText('could not be deployed').first().click()
      await page.getByText('Suggested remedy').waitFor()
    }
    const fresh = await page.screenshot()
    expect(errors).toEqual([])
    if (isWritten) writeFileSync(pictureFile(picture), fresh)
    // The page of the dashboard loads no picture from elsewhere.
    const viewer = await page.context().newPage()
    const [known, now] = [await lookAt(viewer, committed(picture)), await lookAt(viewer, fresh)]
    for (const { colours, ground } of [known, now]) {
      expect(colours).toBeGreaterThan(200)
      expect(ground).toBeLessThan(0.9)
    }
    // Letters of another font are elsewhere.
    if (isWritten) expect(await textWidth(viewer)).toBe(writtenTextWidth)
    if ((await textWidth(viewer)) === writtenTextWidth) expect(difference(known, now)).toBeLessThan(0.05)
  })

  it('differ from a blank page', async () => {
    await using fake = await startFakeMeshery({ auth })
    await using origin = await rig.serve(fake.url)
    await using opened = await rig.open(origin)
    const blank = await opened.page.context().newPage()
    for (const picture of pictures) {
      await blank.setViewportSize(picture.options.viewport)
      const look = await lookAt(blank, await blank.screenshot())
      expect([look.colours, look.ground]).toEqual([1, 1])
      expect(difference(await lookAt(blank, committed(picture)), look)).toBeGreaterThan(0.2)
    }
  })
})
