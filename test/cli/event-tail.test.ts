import { describe, expect, test } from 'vitest'
import { mostLookedThrough, tailBeginning } from '../../src/cli/event-tail.ts'
import type { MesheryEvent } from '../../src/index.ts'

const event = (id: string, createdAt: string | null): MesheryEvent => ({
  id,
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: 'error',
  action: null,
  status: null,
  category: null,
  description: id,
  metadata: null,
  createdAt,
  updatedAt: null,
  deletedAt: null,
})

const never = new AbortController().signal

/** A store of these events, newest first, which counts how many were taken from it. */
const storeOf = (events: Iterable<MesheryEvent>) => {
  const store = {
    taken: 0,
    listEvents: async () => {
      const [first] = events
      return { events: first ? [first] : [], page: 0, pageSize: 1, totalCount: null, hasMore: false }
    },
    async *listAllEvents() {
      for (const one of events) {
        store.taken++
        yield one
      }
    },
  }
  return store
}

const at = (second: number, fraction = ''): string => `2026-03-01T10:20:${String(second).padStart(2, '0')}${fraction}Z`

describe('the beginning of a tail', () => {
  test('is the time of its first event; no older page is read', async () => {
    const store = storeOf([9, 8, 7, 6, 5].map((second) => event(`e${second}`, at(second))))
    expect(await tailBeginning(store, 2, {}, never)).toEqual({ since: new Date(at(8)), skipped: new Set() })
    expect(store.taken).toBe(3)
  })

  test('leaves out events of the same millisecond that come before it', async () => {
    const ties = ['a', 'b', 'c'].map((id) => event(id, at(8)))
    const store = storeOf([event('last', at(9)), ...ties, event('old', at(7))])
    expect(await tailBeginning(store, 2, {}, never)).toEqual({ since: new Date(at(8)), skipped: new Set(['a', 'b']) })
  })

  test('orders the events of a millisecond by what a server adds to it', async () => {
    const store = storeOf([event('later', at(8, '.123456')), event('earlier', at(8, '.123455'))])
    const { since, skipped } = await tailBeginning(store, 1, {}, never)
    expect({ since, skipped }).toEqual({ since: new Date(at(8, '.123')), skipped: new Set(['earlier']) })
  })

  test('is the newest event when none matches, and everything when there is none', async () => {
    const newest = event('newest', at(9))
    expect((await tailBeginning(storeOf([newest]), 2, { where: () => false }, never)).since).toEqual(newest)
    expect((await tailBeginning(storeOf([]), 2, {}, never)).since).toEqual(new Date(0))
    expect((await tailBeginning(storeOf([event('undated', null)]), 2, {}, never)).since).toEqual(new Date(0))
  })

  test('is looked for among so many events, and no more', async () => {
    const endless = Array.from({ length: mostLookedThrough + 50 }, (_, index) => event(`e${index}`, at(9)))
    const store = storeOf(endless)
    const { since } = await tailBeginning(store, 2, { where: ({ id }) => id === 'e7' }, never)
    expect(since).toEqual(new Date(at(9)))
    expect(store.taken).toBe(mostLookedThrough + 1)
  })
})
