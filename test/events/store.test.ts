import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { eventually } from '../waiting.ts'
import { never, ScriptedStore, type StoreBehavior, storeOn, stream } from './scripted-store.ts'

const open = (rows: number, behavior: Partial<StoreBehavior> = {}) => {
  const server = new ScriptedStore(behavior)
  server.append(rows)
  return { server, store: storeOn(server) }
}

type Change = 'append' | 'remove the newest' | 'remove the oldest'

function apply(server: ScriptedStore, change: Change, count: number): void {
  if (change === 'append') server.append(count)
  else server.remove(change === 'remove the newest' ? 0 : server.rows.length - count, count)
}

describe('Store', () => {
  it.each([0, 1] as const)('reads from the first row if the server counts pages from %i', async (firstPage) => {
    const { server, store } = open(300, { firstPage })
    const page = await store.page(2, 60, 'asc', never)
    expect(page.items).toEqual(server.rows.slice(120, 180))
    expect((await store.page(4, 60, 'desc', never)).items).toEqual(server.rows.slice(0, 60).toReversed())
    // Two to find out, once, and a third one where it counts from 1.
    expect(server.requests).toHaveLength(4 + firstPage)
  })

  it.each([0, 1] as const)(
    'finds out the number of the first page (%i) though rows are stored or deleted in between',
    async (firstPage) => {
      for (const count of [1, 2, 3, 4, 5, 10, 20, 50])
        for (const change of ['append', 'remove the newest', 'remove the oldest'] as const)
          for (const ignoresAscending of [false, true]) {
            // A page whose rows all moved looks like the page before it: pages alone do not show the difference.
            if (count === 20 && (change === 'append') === ignoresAscending) continue
            const { server, store } = open(300, { firstPage, ignoresAscending })
            let asked = 0
            server.before = () => {
              asked++
              if (asked === 2) apply(server, change, count)
            }
            await store.page(1, 50, 'desc', never)
            server.requests.length = 0
            await store.page(3, 50, 'desc', never)
            expect(server.requests, `${count}, ${change}`).toMatchObject([{ page: 3 + firstPage }])
          }
    },
  )

  it.each([0, 1] as const)(
    'finds out the number of the first page (%i) anew after pages were wrong for a moment',
    async (firstPage) => {
      let asked = 0
      // The newest rows in place of page 0, or page 0 in place of every page.
      const { server, store } = open(300, {
        firstPage,
        ignoresAscending: () => firstPage === 1 && ++asked === 1,
        place: (from) => (firstPage === 0 && server.requests.length <= 2 ? 0 : from),
      })
      const wrong = await store.page(2, 60, 'asc', never)
      expect(wrong.items).not.toEqual(server.rows.slice(120, 180))
      store.reconsider()
      const page = await store.page(2, 60, 'asc', never)
      expect(page.items).toEqual(server.rows.slice(120, 180))
    },
  )

  it('does not find out the number of the first page while it reads only that page', async () => {
    const { server, store } = open(300)
    await store.newest(never)
    await store.page(0, 100, 'asc', never)
    expect(server.requests).toHaveLength(2)
  })

  it('uses the older path if the newer one is missing, and remembers it', async () => {
    const { server, store } = open(3, { path: '/older/rows' })
    expect((await store.newest(never)).items).toHaveLength(3)
    await store.newest(never)
    expect(server.requests.map(({ path }) => path)).toEqual(['/rows', '/older/rows', '/older/rows'])
  })

  it('tries every path although another read finds the right one at the same time', async () => {
    const { server, store } = open(3, { path: '/older/rows' })
    const answers: (() => void)[] = []
    // The first path is slow to say that it is not there, to the second read still more so.
    server.before = ({ path }) => (path === '/rows' ? new Promise((resolve) => answers.push(resolve)) : undefined)
    const reads = [store.newest(never), store.newest(never)] as const
    await eventually(() => expect(answers).toHaveLength(2))
    answers[0]?.()
    expect((await reads[0]).items).toHaveLength(3)
    answers[1]?.()
    expect((await reads[1]).items).toHaveLength(3)
  })

  it('reports the first path if none exists', async () => {
    const { store } = open(3, { path: '/nowhere' })
    await expect(store.newest(never)).rejects.toMatchObject({ code: 'NOT_MESHERY', message: 'no /rows here' })
  })

  it('tries no other path for any other error', async () => {
    const { server, store } = open(3, { path: '/older/rows' })
    const refused = new MesheryError('CREDENTIALS_REFUSED', 'as scripted', { phase: 'store' })
    server.before = () => {
      throw refused
    }
    await expect(store.newest(never)).rejects.toBe(refused)
    expect(server.requests).toHaveLength(1)
  })

  it('counts unreadable rows when it decides whether a page is short', async () => {
    const { server, store } = open(100)
    server.rows[5] = { id: null, at: null, name: 'without an id' }
    const page = await store.newest(never)
    expect(page).toMatchObject({ count: 100, short: false, total: 100 })
    expect(page.items).toHaveLength(99)
    server.remove(0, 1)
    expect(await store.newest(never)).toMatchObject({ count: 99, short: true })
  })

  it('takes rows beside a smaller total as a sign of a store without ascending order', async () => {
    for (const [total, ascends] of [
      [0, false],
      [2, false],
      [3, true],
      [4, true],
    ] as const) {
      const { store } = open(3, { total: () => total })
      await store.newest(never)
      expect(store.ascends).toBe(ascends)
    }
  })

  it('passes on the clock of the server', async () => {
    const { server, store } = open(1)
    expect((await store.newest(never)).date).toBeNull()
    server.date = 12_345
    expect((await store.newest(never)).date).toBe(12_345)
  })

  it('refuses an answer that is not a page of the stream', async () => {
    const { store } = open(1)
    const broken = { ...stream, page: () => undefined }
    Object.defineProperty(store, 'stream', { value: broken })
    await expect(store.newest(never)).rejects.toMatchObject({ code: 'NOT_MESHERY', phase: 'store' })
  })
})
