import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { sampled } from '../sample.ts'
import { never, type Row, ScriptedStore, type StoreBehavior, storeOn } from './scripted-store.ts'

// Waits take no time: a timer runs as soon as nothing else does.
beforeEach(() => void vi.useFakeTimers().setTimerTickMode('nextTimerAsync'))
afterEach(() => void vi.useRealTimers())

/** What happens to the store just before the read's request of that number is answered. */
type Changes = Readonly<Record<number, () => void>>

/** The numbers up to this one; so many of them in `npm test`. */
const requestsTo = (last: number, count: number): number[] =>
  sampled(
    Array.from({ length: last }, (_, index) => index + 1),
    count,
    `${last} ${count}`,
  )

/** A store with this many rows, and a reader at its end. */
async function open(rows: number, behavior: Partial<StoreBehavior> = {}) {
  const server = new ScriptedStore(behavior)
  server.append(rows)
  const store = storeOn(server)
  const cursor = await locateCursor(store, { from: 'now' }, never)
  const found: Row[] = []
  /** One read. Returns how many ms it waited. */
  const read = async (during: Changes = {}): Promise<number> => {
    const began = performance.now()
    const asked = server.requests.length
    server.before = () => during[server.requests.length - asked]?.()
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    return performance.now() - began
  }
  return { server, store, found, read }
}

/** Six of them fit on a page. */
const large: Partial<StoreBehavior> = { bytesOf: () => 300_000 }

describe('a store that changes while it is read', () => {
  it('is read on at once, oldest first, where a row stored below a page moves all of its rows to the next one', async () => {
    const { server, store, found, read } = await open(450, large)
    server.remove(0, 2)
    const waitedMs = await read({ 3: () => server.insertLate(9) })
    const added = server.append(3)
    await read()
    expect({ waitedMs, ascends: store.ascends, found }).toEqual({ waitedMs: 0, ascends: true, found: added })
  })

  it('is read on at once where as many rows are stored below a page as are deleted above it', async () => {
    for (const request of requestsTo(12, 3)) {
      const { server, store, found, read } = await open(450, large)
      const added = server.append(12)
      const deleted: Row[] = []
      const change = (): void => {
        deleted.push(...server.remove(0, 1))
        server.insertLate(11)
      }
      const waitedMs = await read({ [request]: change })
      await read()
      const inOrder = added.filter((row) => !deleted.includes(row))
      const delivered = found.filter((row) => inOrder.includes(row))
      const { ascends } = store
      expect({ request, waitedMs, ascends, delivered }).toEqual({
        request,
        waitedMs: 0,
        ascends: true,
        delivered: inOrder,
      })
    }
  })

  it.each<[string, Partial<StoreBehavior>, number]>([
    ['', {}, 5_000],
    [' and has large rows', large, 300],
  ])(
    'is read back at once past many rows that are stored meanwhile, where it is read newest first%s',
    async (_, behavior, count) => {
      for (const request of requestsTo(8, 2)) {
        const { server, found, read } = await open(450, { ignoresAscending: true, ...behavior })
        const added = server.append(6)
        const waitedMs = await read({ [request]: () => void added.push(...server.append(count)) })
        await read()
        expect({ request, waitedMs, found }).toEqual({ request, waitedMs: 0, found: added })
      }
    },
  )

  it('is read on at once where rows are deleted far below, though those after them were stored in one moment', async () => {
    const { server, found, read } = await open(450, large)
    const added = server.append(300, 0)
    let deleted: Row[] = []
    const waitedMs = await read({ 60: () => (deleted = server.remove(250, 200)) })
    const isDeleted = new Set(deleted)
    expect(waitedMs).toBe(0)
    expect(found.filter((row) => !isDeleted.has(row))).toEqual(added.filter((row) => !isDeleted.has(row)))
  })

  it.each<[string, Partial<StoreBehavior>]>([
    ['more rows than it has', { total: (rows) => rows + 300 }],
    ['no total', { total: () => 0 }],
  ])(
    'is read to its end at once where it claims %s, though rows are stored between two requests',
    async (_, behavior) => {
      for (const first of requestsTo(8, 3))
        for (let second = first + 1; second <= 10; second++) {
          const { server, found, read } = await open(21, behavior)
          server.remove(0, 2)
          const late: Row[] = []
          const insert = (): void => void late.push(server.insertLate(1))
          const waitedMs = await read({ [first]: insert, [second]: insert })
          await read()
          expect({ first, second, waitedMs, found: new Set(found) }).toEqual({
            first,
            second,
            waitedMs: 0,
            found: new Set(late),
          })
        }
    },
  )

  it('of few rows does not seem to have small pages when one is stored and deleted between its requests', async () => {
    for (const total of [() => 0, (rows: number) => rows + 300])
      for (const stored of requestsTo(8, 3))
        for (let deleted = stored + 1; deleted <= 9; deleted++) {
          const { server, store, read } = await open(0, { total })
          server.append(1)
          await read({ [stored]: () => server.insertLate(1), [deleted]: () => server.remove(0, 1) })
          expect({ stored, deleted, pageSize: store.pageSize }).toEqual({ stored, deleted, pageSize: 100 })
        }
  })

  it('has all rows of a page from two requests, though others are deleted and stored between these', async () => {
    for (const count of requestsTo(12, 4))
      for (const request of requestsTo(9, 4)) {
        const { server, found, read } = await open(50, large)
        const added = server.append(count)
        // More are stored than deleted, so that the total grows.
        const change = (): void => {
          added.push(...server.append(6))
          server.remove(2, 5)
        }
        await read({ [request]: change })
        const stored = added.filter((row) => server.rows.includes(row))
        const delivered = found.filter((row) => server.rows.includes(row))
        expect({ count, request, delivered }).toEqual({ count, request, delivered: stored.slice(0, delivered.length) })
      }
  })
})
