import { refuse, shown, wantInRange, wantNames, wantNumber } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { StateRequests } from './state-declaration.ts'
import { listed, type Wire } from './wire.ts'

/** Which page of a list, or the whole of it. */
export interface Selector<Column extends string = 'created_at' | 'updated_at' | 'name'> {
  /** Counted from 0. Default 0. */
  readonly page?: number | undefined
  /** Items on a page, 1 to 100. Default 25. */
  readonly pageSize?: number | undefined
  /** Every page, in place of one: the SDK walks through them, a request a second. Default false. */
  readonly all?: boolean | undefined
  /** A part of the name. Default: everything. */
  readonly search?: string | undefined
  /** Default `updated_at desc`. */
  readonly order?: `${Column} ${'asc' | 'desc'}` | undefined
}

/** A selector with its defaults. */
export interface WantedPage {
  readonly page: number
  readonly pageSize: number
  readonly all: boolean
  readonly search: string
  readonly order: string
}

/** Meshery's page of a list. */
export interface Page {
  /** Counted from 0; null for the whole list. */
  readonly page: number | null
  /** Items asked for on a page; null for the whole list. */
  readonly page_size: number | null
  /** How many items there are in all. Null where the server does not say. */
  readonly total_count: number | null
}

/** Items asked for on a page of a walk; some servers give no more. */
const walkSize = 100

/** A walk of more pages is none: a server that always has another one makes them up. */
export const mostPages = 1_000
/** So many small pages that make one are asked for at once; further ones at the pace of a walk. */
const mostParts = 20

/** The error of a list that does not end. */
export const listEndless = (): MesheryError =>
  new MesheryError('SERVER_ERROR', `The list does not end within ${mostPages} pages`, { phase: 'poll' })

/** The whole of a list, in an order that does not change meanwhile. */
export const everything: WantedPage = { page: 0, pageSize: 0, all: true, search: '', order: 'created_at asc' }

export const selectorNames = ['page', 'pageSize', 'all', 'search', 'order'] as const

/**
 * The part of the arguments that selects a page.
 * @param name How it is called in an error, before a dot; empty when it is the arguments themselves.
 * @throws MesheryError INVALID_OPTION
 */
export function readSelector(given: Wire, columns: readonly string[], name = ''): WantedPage {
  const { page = 0, pageSize = 25, all = false, search = '', order = 'updated_at desc' } = given
  if (typeof all !== 'boolean') refuse(`${name}all`, shown(all), 'true or false')
  if (all && (given['page'] ?? given['pageSize']) !== undefined)
    refuse(`${name}all`, 'beside `page` or `pageSize`', 'its place only without them')
  if (typeof search !== 'string') refuse(`${name}search`, shown(search), 'a text')
  const [, column = ''] = /^(\w+) (asc|desc)$/.exec(String(order)) ?? []
  if (!columns.includes(column))
    refuse(`${name}order`, shown(order), `one of ${columns.join(', ')}, a blank, and asc or desc`)
  return {
    page: wantNumber(`${name}page`, page, 0, true),
    pageSize: wantInRange(`${name}pageSize`, pageSize, { least: 1, most: walkSize, whole: true }),
    all: all === true,
    search: String(search),
    order: String(order),
  }
}

/** A selector that stands in the arguments under a name. */
export function readNamedSelector(name: string, given: unknown, columns: readonly string[]): WantedPage | null {
  if (given === undefined) return null
  return readSelector(wantNames(name, given, selectorNames), columns, `${name}.`)
}

/** As GraphQL wants it. `search` and `order` are always sent: without them old servers crash. */
export const graphqlSelector = ({ page, pageSize, search, order }: WantedPage): Wire => ({
  page: `${page}`,
  pageSize: `${pageSize}`,
  search,
  order,
})

/** What a list looks like over REST. */
export interface Listing<Item> {
  /** Where it is, the newest release first. */
  readonly paths: readonly string[]
  /** The key of the items in the answer. */
  readonly key: string
  /** The canonical item. */
  item(wire: Wire): Item
  /** By what an item is known again, when rows move during a walk. */
  id(item: Item): string | null
}

/** Reads the page, or walks through all of them. Accepts the spelling of every release. */
export async function readPage<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  if (!wanted.all) return readCounted(ask, listing, wanted)
  let { items, moved } = await walk(ask, listing, wanted)
  if (moved) {
    // Rows that came, went or were changed meanwhile may have made it pass others by. Once: a list may never come to rest.
    await ask.waitForSlot()
    items = (await walk(ask, listing, wanted)).items
  }
  return { page: null, page_size: null, total_count: items.length, items }
}

/** Every row, each once; and whether rows were seen to move meanwhile. */
async function walk<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<{ readonly items: readonly Item[]; readonly moved: boolean }> {
  const rows = new Map<string, Item>()
  let total: number | null = null
  let moved = false
  let size = 0
  for (let page = 0; page < mostPages; page++) {
    if (page > 0) await ask.waitForSlot()
    const { items, total_count } = await readOne(ask, listing, { ...wanted, page, pageSize: walkSize })
    const before = rows.size
    const fresh = items.filter((item) => !rows.has(keyOf(listing, item)))
    moved ||=
      (fresh.length > 0 && fresh.length < items.length) ||
      (total !== null && total_count !== null && total_count !== total)
    total = total_count
    for (const item of fresh) rows.set(keyOf(listing, item), item)
    // Pages that become smaller or larger pass rows by.
    moved ||= page > 0 && (items.length > size || (items.length < size && rows.size < (total ?? 0)))
    if (page === 0) size = items.length
    // Where pages are counted from 1, page 0 is page 1; else, where nothing is new, it gives the same page ever again.
    const stands = rows.size === before && (page !== 1 || items.length === 0)
    // A total may be 0 beside rows, and a page may be smaller than asked for: then only one without rows of its own ends it.
    if (stands || items.length === 0 || (items.length < walkSize && total !== null && rows.size >= total))
      return { items: [...rows.values()], moved }
  }
  throw listEndless()
}

const keyOf = <Item>({ id }: Listing<Item>, item: Item): string => id(item) ?? JSON.stringify(item)

/** One page, counted from 0, from several of the server's where it gives smaller ones. */
async function readCounted<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  const { page, pageSize } = wanted
  const from = page * pageSize
  const there = await readAt(ask, listing, wanted)
  const rest = Math.min(pageSize, (there.total_count ?? 0) - from)
  if (there.items.length >= (page === 0 ? rest : pageSize) || rest <= 0) return there
  // Fewer than asked for: the first page has as many as this server gives.
  const first = page === 0 ? there : await readOne(ask, listing, { ...wanted, page: 0 })
  const size = first.items.length
  if (size === 0 || size >= pageSize) return there
  const rows = new Map(page === 0 ? first.items.map((item) => [keyOf(listing, item), item] as const) : [])
  for (let part = page === 0 ? 1 : Math.floor(from / size), asked = 1; part * size < from + rest; part++, asked++) {
    if (asked > mostParts) await ask.waitForSlot()
    const { items } = await readAt(ask, listing, { ...wanted, page: part, pageSize: size })
    const before = rows.size
    for (const item of items.slice(Math.max(0, from - part * size), from + rest - part * size))
      rows.set(keyOf(listing, item), item)
    // It has no more than these after all, whatever the total says.
    if (items.length < size || rows.size === before) break
  }
  return { ...there, page, page_size: pageSize, items: [...rows.values()] }
}

/** One page of the server's, counted from 0. Up to v0.7.51 servers counted some lists from 1, and gave page 1 for page 0. */
async function readAt<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  const { page } = wanted
  const name = listing.paths.join()
  const read = (number: number) => readOne(ask, listing, { ...wanted, page: number })
  if (page === 0 || ask.zeroBased.has(name)) return read(page)
  const [zero, one] = [await read(0), await read(1)]
  const ids = new Set(zero.items.map((item) => keyOf(listing, item)))
  const again = one.items.filter((item) => ids.has(keyOf(listing, item))).length
  if (again > one.items.length / 2) return { ...(await read(page + 1)), page }
  // Rows that moved between the two prove nothing.
  if (again === 0 && ids.size > 0) ask.zeroBased.add(name)
  return page === 1 ? one : read(page)
}

async function readOne<Item>(
  ask: StateRequests,
  { paths, key, item }: Listing<Item>,
  { page, pageSize, search, order }: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  // Releases spell the size in three ways.
  const query = new URLSearchParams({
    page: `${page}`,
    pagesize: `${pageSize}`,
    page_size: `${pageSize}`,
    pageSize: `${pageSize}`,
    search,
    order,
  })
  return ask.firstSupported(
    paths.join(),
    paths.map((path) => async () => {
      const { rows, total } = listed(await ask.get(`${path}?${query}`), key, path)
      return { page, page_size: pageSize, total_count: total, items: rows.map(item) }
    }),
  )
}
