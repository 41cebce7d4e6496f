import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { graphqlSelector, readNamedSelector, readSelector } from '../../src/streams/page-selector.ts'
import type { StateRequests } from '../../src/streams/state-declaration.ts'
import { type Listing, readPage } from '../../src/streams/walk-pages.ts'
import { text } from '../../src/streams/wire.ts'
import { runsOf } from '../sample.ts'
import { scriptedAsk } from './following.ts'

const columns = ['created_at', 'name']
const defaults = { page: 0, pageSize: 25, all: false, search: '', order: 'updated_at desc' }
const listing: Listing<string | null> = {
  paths: ['/new', '/old'],
  key: 'rows',
  item: (wire) => text(wire, 'id'),
  id: (id) => id,
}
const rowsOf = (from: number, to: number): { id: string }[] =>
  Array.from({ length: to - from }, (_, index) => ({ id: `${from + index}` }))

/** A list of so many rows; counts the requests and the pauses. */
const list = (
  count: number,
  how: { readonly most?: number | (() => number); readonly total?: number | null; readonly first?: 0 | 1 } = {},
) => {
  const { first = 0 } = how
  const pages: number[] = []
  let turns = 0
  const ask: StateRequests = {
    ...scriptedAsk((path) => {
      const query = new URL(path, 'http://list').searchParams
      const most = typeof how.most === 'function' ? how.most() : (how.most ?? 1_000)
      const size = Math.min(Number(query.get('pagesize')), most)
      const page = Number(query.get('page'))
      pages.push(page)
      const from = (Math.max(page, first) - first) * size
      return {
        total_count: how.total === undefined ? count : how.total,
        rows: rowsOf(from, Math.min(count, from + size)),
      }
    }),
    waitForSlot: async () => {
      turns++
    },
  }
  return { ask, pages, turns: () => turns }
}

describe('a selector', () => {
  it('has defaults, and sends numbers as text, which Meshery expects', () => {
    expect(readSelector({}, ['updated_at'])).toEqual(defaults)
    const wanted = readSelector({ page: 2, pageSize: 100, search: 'a b', order: 'name asc' }, columns)
    expect(wanted).toEqual({ page: 2, pageSize: 100, all: false, search: 'a b', order: 'name asc' })
    expect(graphqlSelector(wanted)).toEqual({ page: '2', pageSize: '100', search: 'a b', order: 'name asc' })
  })

  it('always has `search` and `order` for GraphQL, without which old servers crash', () => {
    expect(graphqlSelector(readSelector({ order: 'name asc' }, columns))).toMatchObject({
      search: '',
      order: 'name asc',
    })
  })

  it.each<[Record<string, unknown>, string]>([
    [{ page: -1 }, 'page'],
    [{ page: 1.5 }, 'page'],
    [{ page: '1' }, 'page'],
    [{ pageSize: 0 }, 'pageSize'],
    [{ pageSize: 101 }, 'pageSize'],
    [{ search: 7 }, 'search'],
    [{ all: 'yes' }, 'all'],
    [{ all: true, page: 0 }, 'all'],
    [{ all: true, pageSize: 10 }, 'all'],
    [{ order: 'name' }, 'order'],
    [{ order: 'name  asc' }, 'order'],
    [{ order: 'name ASC' }, 'order'],
    [{ order: 'updated_at desc' }, 'order'],
    [{ order: 'name asc; drop table' }, 'order'],
  ])('%j is refused with the name of the wrong argument', (given, name) => {
    const read = () => readSelector({ order: 'name asc', ...given }, columns)
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(name) }))
  })

  it('with a name is refused under that name, and is null where it is absent', () => {
    expect(readNamedSelector('patterns', undefined, columns)).toBeNull()
    expect(() => readNamedSelector('patterns', { page: -1, order: 'name asc' }, columns)).toThrow('patterns.page')
    expect(() => readNamedSelector('patterns', { size: 1 }, columns)).toThrow('size')
    expect(() => readNamedSelector('patterns', null, columns)).toThrow(MesheryError)
  })
})

describe('one page', () => {
  const read = async (ask: StateRequests, page: number): Promise<readonly (string | null)[]> =>
    (await readPage(ask, listing, { ...defaults, page, pageSize: 2 })).items

  it('is the same where pages are counted from 1, and page 0 is sent as page 1', async () => {
    for (const first of [0, 1] as const) {
      const { ask } = list(7, { first })
      expect(await read(ask, 0)).toEqual(['0', '1'])
      expect(await read(ask, 1)).toEqual(['2', '3'])
      expect(await read(ask, 3)).toEqual(['6'])
      expect(await read(ask, 4)).toEqual([])
      expect((await readPage(ask, listing, { ...defaults, page: 2, pageSize: 2 })).page).toBe(2)
    }
  })

  it('counted from 0 is detected once, counted from 1 each time: a server may be upgraded', async () => {
    const [newer, older] = [list(7), list(7, { first: 1 })]
    for (let again = 0; again < 3; again++) for (const { ask } of [newer, older]) await read(ask, 2)
    expect(newer.pages).toEqual([0, 1, 2, 2, 2])
    expect(older.pages).toEqual([0, 1, 3, 0, 1, 3, 0, 1, 3])
  })

  it('proves nothing about the others when it is empty', async () => {
    const { ask } = list(0, { first: 1 })
    expect(await read(ask, 1)).toEqual([])
    expect(ask.zeroBased.size).toBe(0)
  })

  it('is requested with every variant of the size, with `search` and `order`', async () => {
    const paths: string[] = []
    await readPage(
      scriptedAsk((path) => {
        paths.push(path)
        return { rows: [] }
      }),
      listing,
      { ...defaults, search: 'a&b' },
    )
    expect(paths).toEqual(['/new?page=0&pagesize=25&page_size=25&pageSize=25&search=a%26b&order=updated_at+desc'])
  })

  it('is the requested page, whatever number the server sends', async () => {
    const body = { page: 7, page_size: 9, total_count: 40, rows: rowsOf(0, 2) }
    expect(
      await readPage(
        scriptedAsk(() => body),
        listing,
        defaults,
      ),
    ).toEqual({
      page: 0,
      page_size: 25,
      total_count: 40,
      items: ['0', '1'],
    })
  })

  it.each<[object, number | null]>([
    [{ totalCount: 5, rows: rowsOf(0, 1) }, 5],
    [{ total_count: 5, rows: rowsOf(0, 1) }, 5],
    [{ total_count: 0, rows: rowsOf(0, 1) }, null],
    [{ rows: rowsOf(0, 1) }, null],
    [{ total_count: 0, rows: null }, 0],
    [{ total_count: '5', rows: [] }, null],
  ])('%j has a total of %j', async (body, total) => {
    expect(
      (
        await readPage(
          scriptedAsk(() => body),
          listing,
          defaults,
        )
      ).total_count,
    ).toBe(total)
  })

  it('is read from the path that this server has', async () => {
    const body = { total_count: 1, rows: rowsOf(0, 1) }
    const ask = scriptedAsk((path) => (path.startsWith('/old') ? body : {}))
    expect((await readPage(ask, listing, defaults)).items).toEqual(['0'])
  })

  it('is an error when no path gives such a list', async () => {
    for (const body of [null, 'page', [], {}, { error: 'no' }, { total_count: 1, rows: {} }, { rows: 'none' }])
      await expect(
        readPage(
          scriptedAsk(() => body),
          listing,
          defaults,
        ),
      ).rejects.toMatchObject({ code: 'NOT_MESHERY' })
  })

  it('leaves out what is not a row', async () => {
    const body = { rows: [null, 7, 'text', [], { id: 'a' }] }
    expect(
      (
        await readPage(
          scriptedAsk(() => body),
          listing,
          defaults,
        )
      ).items,
    ).toEqual(['a'])
  })
})

describe('the whole list', () => {
  const all = { ...defaults, all: true }

  it.each([0, 1, 99, 100, 101, 250])('of %i rows contains each of them once', async (count) => {
    const { ask, pages, turns } = list(count)
    const { items, ...page } = await readPage(ask, listing, all)
    expect(items).toEqual(rowsOf(0, count).map(({ id }) => id))
    expect(page).toEqual({ page: null, page_size: null, total_count: count })
    // A pause before each page except the first.
    expect(turns()).toBe(pages.length - 1)
    expect(pages.length).toBeLessThanOrEqual(Math.ceil((count + 1) / 100))
  })

  it('is read to its end where pages are counted from 1', async () => {
    const { ask, pages } = list(250, { first: 1 })
    const { items, total_count } = await readPage(ask, listing, { ...defaults, all: true })
    expect([items.length, new Set(items).size, total_count]).toEqual([250, 250, 250])
    expect(pages).toEqual([0, 1, 2, 3])
  })

  it('is read to its end where a server gives fewer rows than requested', async () => {
    const { ask } = list(95, { most: 30 })
    expect((await readPage(ask, listing, all)).items).toHaveLength(95)
  })

  it('is read to its end where the total is 0 beside rows', async () => {
    const { ask } = list(250, { total: 0 })
    expect((await readPage(ask, listing, all)).items).toHaveLength(250)
  })

  /** A list of 250 rows that is changed once, after so many requests. */
  const stirred = (before: number, stir: (rows: { id: string }[]) => void) => {
    const rows = rowsOf(0, 250)
    let [asked, turns] = [0, 0]
    const ask: StateRequests = {
      ...scriptedAsk((path) => {
        if (asked++ === before) stir(rows)
        const page = Number(new URL(path, 'http://list').searchParams.get('page'))
        return { total_count: rows.length, rows: rows.slice(page * 100, (page + 1) * 100) }
      }),
      waitForSlot: async () => {
        turns++
      },
    }
    return { ask, rows, asked: () => asked, turns: () => turns }
  }

  it.each<[string, (rows: { id: string }[]) => void]>([
    ['came', (rows) => rows.unshift({ id: 'new' })],
    ['went', (rows) => rows.splice(10, 1)],
    ['became the first', (rows) => rows.unshift(...rows.splice(240, 1))],
  ])('is read once more when a row %s meanwhile, since other rows may have been skipped', async (_, stir) => {
    const { ask, rows, asked, turns } = stirred(1, stir)
    expect((await readPage(ask, listing, all)).items).toEqual(rows.map(({ id }) => id))
    expect(asked()).toBeLessThan(8)
    expect(turns()).toBe(asked() - 1)
  })

  it('is read only to a limit where the rows always change', async () => {
    const rows = rowsOf(0, 250)
    let asked = 0
    const ask = scriptedAsk((path) => {
      rows.unshift({ id: `new ${asked++}` })
      const page = Number(new URL(path, 'http://list').searchParams.get('page'))
      return { total_count: rows.length, rows: rows.slice(page * 100, (page + 1) * 100) }
    })
    expect(new Set((await readPage(ask, listing, all)).items).size).toBeGreaterThan(250)
    expect(asked).toBeLessThan(9)
  })

  it('keeps rows without an id', async () => {
    const ask = scriptedAsk(() => ({ total_count: 1, rows: [{ name: 'anonymous' }] }))
    expect((await readPage(ask, listing, all)).items).toEqual([null])
  })

  it('ends, whatever a server sends', async () => {
    const body = fc.record(
      {
        total_count: fc.oneof(fc.integer(), fc.constant(null)),
        rows: fc.array(fc.record({ id: fc.string() }), { maxLength: 120 }),
      },
      { requiredKeys: ['rows'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (bodies) => {
        let asked = 0
        await readPage(
          scriptedAsk(() => bodies[asked++ % bodies.length]),
          listing,
          all,
        )
        expect(asked).toBeLessThanOrEqual(bodies.length * 4)
      }),
      { numRuns: runsOf(200) },
    )
  })
})

describe('a server that gives fewer rows on a page than requested', () => {
  const wantedIds = (from: number, to: number) => rowsOf(from, to).map(({ id }) => id)

  it.each([0, 1] as const)('returns every requested page in full, counted from %i', async (first) => {
    for (const most of [1, 5, 7, 24])
      for (const page of [0, 1, 3]) {
        const { ask } = list(90, { most, first })
        const { items, ...rest } = await readPage(ask, listing, { ...defaults, page })
        expect(items, `page ${page} by ${most}`).toEqual(wantedIds(page * 25, Math.min(90, page * 25 + 25)))
        expect(rest).toEqual({ page, page_size: 25, total_count: 90 })
      }
  })

  it('is requested a second apart from the twentieth part on', async () => {
    const { ask, pages, turns } = list(90, { most: 1 })
    await readPage(ask, listing, { ...defaults, pageSize: 50 })
    expect([pages.length, turns()]).toEqual([51, 29])
  })

  it.each([0, 1] as const)('returns the whole list, though it has no total, counted from %i', async (first) => {
    for (const most of [1, 5, 7, 60])
      for (const total of [undefined, 0, null]) {
        const { ask } = list(90, { most, first, ...(total !== undefined && { total }) })
        expect((await readPage(ask, listing, { ...defaults, all: true })).items, `by ${most}`).toEqual(wantedIds(0, 90))
      }
  })

  it('returns the whole list though its pages become smaller or larger', async () => {
    for (const [before, after] of [
      [100, 7],
      [7, 100],
      [30, 5],
      [5, 30],
    ] as const)
      for (let when = 0; when < 4; when++) {
        let asked = 0
        const { ask } = list(250, { most: () => (asked++ < when ? before : after) })
        const { items } = await readPage(ask, listing, { ...defaults, all: true })
        expect(new Set(items).size, `${before}, then ${after} after ${when}`).toBe(250)
      }
  })
})

describe('a list without an end', () => {
  const bodies: readonly (readonly [string, (asked: number) => object, number])[] = [
    ['has the same page for ever', () => ({ rows: rowsOf(0, 100) }), 4],
    ['claims 1e308 rows', () => ({ rows: rowsOf(0, 100), total_count: 1e308 }), 4],
    ['claims a text as its total', () => ({ rows: rowsOf(0, 5), total_count: '330' }), 4],
  ]
  it.each(bodies)('that %s ends at once', async (_, body, most) => {
    let asked = 0
    const ask = scriptedAsk(() => body(asked++))
    await readPage(ask, listing, { ...defaults, all: true })
    expect(asked).toBeLessThanOrEqual(most)
  })

  it('that always has other rows ends after 1 000 pages, a second apart, with an error', async () => {
    let asked = 0
    let turns = 0
    const ask: StateRequests = {
      ...scriptedAsk(() => ({ rows: rowsOf(100 * asked, 100 * ++asked), total_count: 330 })),
      waitForSlot: async () => void turns++,
    }
    const failure = readPage(ask, listing, { ...defaults, all: true })
    await expect(failure).rejects.toMatchObject({ code: 'SERVER_ERROR', phase: 'poll', retryable: true })
    expect([asked, turns]).toEqual([1_000, 999])
  })
})
