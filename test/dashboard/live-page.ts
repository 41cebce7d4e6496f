import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { FakeMeshery } from '../../src/testing/index.ts'
import type { OpenPage, PageRig } from './page-rig.ts'

/** A page that follows a fake. */
export interface LivePage extends OpenPage {
  readonly origin: { cut(): void }
}

interface Opening {
  /** The descriptions of events that the fake gets first, the last one the newest. */
  readonly descriptions?: readonly string[] | undefined
  readonly query?: string | undefined
}

/** Opens the page on a fake, and waits until it is connected. */
export async function openLive(
  rig: PageRig,
  fake: FakeMeshery,
  { descriptions = [], query = '' }: Opening = {},
): Promise<LivePage> {
  const origin = await rig.serve(fake.url)
  for (const description of descriptions) fake.events.add({ description })
  const one = await rig.open(origin, query, { reducedMotion: 'reduce' })
  await one.page.getByRole('status').getByText('Live', { exact: false }).waitFor()
  return {
    ...one,
    origin,
    async [Symbol.asyncDispose]() {
      await one[Symbol.asyncDispose]()
      await origin[Symbol.asyncDispose]()
    },
  }
}

/** The descriptions of the rows, from the top. */
export const descriptionsIn = (page: Page): Promise<string[]> => page.locator('.row .description').allTextContents()

/** Waits until the rows have these descriptions. */
export async function shows(page: Page, descriptions: readonly string[]): Promise<void> {
  await expect.poll(() => descriptionsIn(page)).toEqual(descriptions)
}
