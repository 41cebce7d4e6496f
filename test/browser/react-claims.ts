import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { bundlePage } from './build.ts'
import { auth, isWanted, type Rig, startRig } from './rig.ts'

/** The claims of `meshery-live/react` on one version of React, in Chromium. `alias`: where its packages are. */
export const describeReact = (name: string, alias: () => Readonly<Record<string, string>>): void => {
  describe.runIf(isWanted)(name, { tags: ['chromium'] }, () => {
    let rig: Rig

    beforeAll(async () => {
      rig = await startRig(bundlePage('react-page.ts', alias()))
    }, 120_000)
    afterAll(() => rig?.[Symbol.asyncDispose]())

    const add = (fake: FakeMeshery, count: number): void => {
      for (let index = 0; index < count; index++) fake.events.add({ description: `Event ${fake.events.rows.length}` })
    }
    const listed = (page: Page): Promise<(string | null)[]> =>
      page.evaluate(() => react.views[0]?.events.map(({ id }) => id) ?? [])
    const lists = async (page: Page, count: number): Promise<void> => {
      await page.waitForFunction((wanted) => react.views.every(({ events }) => events.length === wanted), count)
    }
    const idsOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ id }) => id)

    it(`is tested on React ${name.replace(/\D/g, '')}`, async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      const page = await rig.open(origin)
      expect(await page.evaluate(() => react.version)).toMatch(new RegExp(`^${name.replace(/\D/g, '')}\\.`))
      await page.context().close()
    })

    it('opens one live channel for two hooks with the same arguments, mounted twice by StrictMode', async () => {
      await using fake = await startFakeMeshery({ auth, release: 'v0.8' })
      await using origin = await rig.serve(fake.url)
      add(fake, 3)
      const page = await rig.open(origin)
      await lists(page, 3)
      await page.waitForFunction(() => react.connection?.isConnected)
      add(fake, 2)
      await lists(page, 5)
      expect(await listed(page)).toEqual(idsOf(fake))
      expect(await page.evaluate(() => react.received.map(({ id }) => id))).toEqual(idsOf(fake))
      expect(fake.stats.dials).toHaveLength(1)
      expect(fake.stats.openSockets).toBe(1)
      const subscriptions = await page.evaluate(() => react.meshery?.stats().subscriptions.map((one) => one.name))
      expect(subscriptions?.toSorted()).toEqual(['subscribeEvents', 'subscribeMesheryControllersStatus'])
      await page.context().close()
    })

    it('does not subscribe again when a render gives new objects of the same structure', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      add(fake, 2)
      const page = await rig.open(origin)
      await lists(page, 2)
      await page.waitForFunction(() => react.connection?.isConnected)
      const dials = fake.stats.dials.length
      const before = await page.evaluate(() => react.renders)
      for (let time = 0; time < 20; time++) {
        await page.evaluate(() => {
          react.choose({})
          return new Promise((resolve) => requestAnimationFrame(resolve))
        })
      }
      expect(await page.evaluate(() => react.renders)).toBeGreaterThanOrEqual(before + 20)
      expect(fake.stats.dials).toHaveLength(dials)
      expect(await page.evaluate(() => react.received.length)).toBe(2)
      await page.context().close()
    })

    it('renders a long history once a frame, and keeps the latest', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      const beginMs = Date.now() - 60_000
      for (let index = 0; index < 1_000; index++) {
        const createdAt = new Date(beginMs + index).toISOString()
        fake.events.add({ description: `Event ${index}`, createdAt }, { push: false })
      }
      const page = await rig.open(origin)
      await page.waitForFunction(() => react.received.length === 1_000)
      const last = fake.events.rows.at(-1)?.id
      await page.waitForFunction((id) => react.views[0]?.events.at(-1)?.id === id, last)
      const { renders, frames } = await page.evaluate(() => ({ renders: react.renders, frames: react.frames }))
      expect(await listed(page)).toEqual(idsOf(fake).slice(-500))
      // StrictMode renders twice. Besides the frames, a render is by the timer for pages without frames.
      expect(renders).toBeLessThanOrEqual(2 * (frames + 20))
      expect(renders).toBeLessThan(400)
      await page.context().close()
    })

    it('starts again by `retry` after the last event, and misses none that was stored meanwhile', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      add(fake, 2)
      const page = await rig.open(origin, JSON.stringify({ retry: { attempts: 0 } }))
      await lists(page, 2)
      await page.waitForFunction(() => react.connection?.isConnected)
      await fake.stop()
      await page.waitForFunction(() => react.views[0]?.error !== null)
      const { isStale, isLoading, state } = await page.evaluate(() => ({
        isStale: react.views[0]?.isStale,
        isLoading: react.views[0]?.isLoading,
        state: react.views[0]?.status?.state,
      }))
      expect({ isStale, isLoading, state }).toEqual({ isStale: true, isLoading: false, state: 'failed' })
      expect(await listed(page)).toHaveLength(2)
      add(fake, 3)
      await fake.start()
      await page.evaluate(() => react.views[0]?.retry())
      await lists(page, 5)
      expect(await listed(page)).toEqual(idsOf(fake))
      await page.waitForFunction(() => react.views[0]?.error === null && !react.views[0].isStale)
      await page.context().close()
    })

    it('empties the list of one hook by `clear`, and then shows what is new', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      add(fake, 3)
      const page = await rig.open(origin)
      await lists(page, 3)
      await page.waitForFunction(() => react.connection?.isConnected)
      // The functions of a hook are the same at each render.
      await page.evaluate(() => Object.assign(react, { before: react.views[0] }))
      add(fake, 1)
      await lists(page, 4)
      expect(
        await page.evaluate(() => {
          const before: unknown = Reflect.get(react, 'before')
          const now = react.views[0]
          return Object.entries(before ?? {}).filter(
            ([name, one]) => typeof one === 'function' && one !== Reflect.get(now ?? {}, name),
          )
        }),
      ).toEqual([])
      await page.evaluate(() => react.views[0]?.clear())
      await page.waitForFunction(() => react.views[0]?.events.length === 0)
      expect(await page.evaluate(() => react.views[1]?.events.length)).toBe(4)
      add(fake, 1)
      await page.waitForFunction(() => react.views[0]?.events.length === 1 && react.views[1]?.events.length === 5)
      await page.context().close()
    })

    it('follows nothing with `skip`, and closes everything a moment after the last hook has left', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      add(fake, 1)
      const page = await rig.open(origin)
      await lists(page, 1)
      await page.waitForFunction(() => react.connection?.isConnected)
      await page.evaluate(() => react.choose({ skip: true }))
      await page.waitForFunction(() => react.views.every(({ status, isLoading }) => status === null && !isLoading))
      await page.waitForFunction(() => react.meshery?.stats().subscriptions.length === 1)
      await page.evaluate(() => react.choose({ isMounted: false }))
      await page.waitForFunction(() => react.meshery?.stats().subscriptions.length === 0)
      await page.waitForFunction(() => react.connection?.state === 'idle')
      await expect.poll(() => fake.stats.openSockets + fake.stats.openStreams).toBe(0)
      await page.context().close()
    })

    it('shows a state, and its next value', async () => {
      await using fake = await startFakeMeshery({ auth })
      await using origin = await rig.serve(fake.url)
      const { connection_id } = fake.contexts.add({ name: 'one' })
      const page = await rig.open(origin)
      await page.waitForFunction(() => react.controllers?.isLoading === false && !react.controllers.isStale)
      fake.controllers.set(connection_id, 'OPERATOR', { status: 'UNDEPLOYED' })
      await page.waitForFunction(() =>
        react.controllers?.data?.some(({ controller, status }) => controller === 'OPERATOR' && status === 'UNDEPLOYED'),
      )
      await page.context().close()
    })
  })
}
