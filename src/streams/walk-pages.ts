import { MesheryError } from '../base/errors.ts'
import { mostItemsOnPage, type Page, type WantedPage } from './page-selector.ts'
import type { StateRequests } from './state-declaration.ts'
import { readRows, type Wire } from './wire.ts'

/** A walk ends with an error after this many pages: a server that always has another one makes them up. */
const mostPages = 1_000
/** How many small pages that make up one are requested at once; further ones at the pace of a walk. */
const mostPartsAtOnce = 20

/** What a list looks like over REST. */
export interface Listing<Item> {
  /** Where it is, the newest release first. */
  readonly paths: readonly string[]
  /** The key of the items in the answer. */
  readonly key: string
  /** The canonical item. */
  item(wire: Wire): Item
  /** What identifies an item when rows move during a walk. */
  id(item: Item): string | null
}

/** Reads the page, or walks through all of them. Accepts the field names of every release. */
export async function readPage<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  if (!wanted.all) return readCounted(ask, listing, wanted)
  const read = (page: number): Promise<PageOfItems<Item>> =>
    readOne(ask, listing, { ...wanted, page, pageSize: mostItemsOnPage })
  let { items, moved } = await walk(ask, listing, read)
  if (moved) {
    // Rows that were added, removed or changed meanwhile may have hidden others. Only once: a list may change all the time.
    await ask.waitForSlot()
    items = (await walk(ask, listing, read)).items
  }
  return { page: null, page_size: null, total_count: items.length, items }
}

/** A page with as many items as may be asked for. */
type PageOfItems<Item> = Pick<Page, 'total_count'> & { readonly items: readonly Item[] }

/** Every row, each once; and whether rows were seen to move meanwhile. */
export async function walk<Item>(
  ask: StateRequests,
  listing: Pick<Listing<Item>, 'id'>,
  read: (page: number) => Promise<PageOfItems<Item>>,
): Promise<Walk<Item>> {
  const rows = new Walk(listing)
  for (let page = 0; page < mostPages; page++) {
    if (page > 0) await ask.waitForSlot()
    const { items, total_count } = await read(page)
    if (rows.add(page, items, total_count)) return rows
  }
  throw new MesheryError('SERVER_ERROR', `The list does not end within ${mostPages} pages`, { phase: 'poll' })
}

/** The rows of a walk. */
class Walk<Item> {
  /** Whether rows were seen to move: others may have been missed. */
  moved = false
  /** How many rows there were at the beginning; null where the server does not say. */
  totalAtStart: number | null = null
  readonly #listing: Pick<Listing<Item>, 'id'>
  readonly #rows = new Map<string, Item>()
  #total: number | null = null
  /** How many items the first page had. */
  #pageSize = 0

  constructor(listing: Pick<Listing<Item>, 'id'>) {
    this.#listing = listing
  }

  get items(): readonly Item[] {
    return [...this.#rows.values()]
  }

  /** Adds a page; returns whether it was the last one. */
  add(page: number, items: readonly Item[], total: number | null): boolean {
    const fresh = items.filter((item) => !this.#rows.has(keyOf(this.#listing, item)))
    const isMixed = fresh.length > 0 && fresh.length < items.length
    const isOtherTotal = this.#total !== null && total !== null && total !== this.#total
    this.#total = total
    for (const item of fresh) this.#rows.set(keyOf(this.#listing, item), item)
    if (page === 0) {
      this.#pageSize = items.length
      this.totalAtStart = total
    }
    this.moved ||= isMixed || isOtherTotal || this.#isOtherSize(items.length)
    return this.#isLast(page, items.length, fresh.length)
  }

  /** Pages that become smaller or larger make the walk miss rows. */
  #isOtherSize(count: number): boolean {
    return count > this.#pageSize || (count < this.#pageSize && this.#rows.size < (this.#total ?? 0))
  }

  #isLast(page: number, count: number, fresh: number): boolean {
    // A total may be 0 beside rows, and a page may be smaller than asked for.
    const hasAll = count < mostItemsOnPage && this.#total !== null && this.#rows.size >= this.#total
    // Where pages are counted from 1, page 0 is page 1. Any other page without new rows is repeated for ever.
    return count === 0 || hasAll || (fresh === 0 && page !== 1)
  }
}

const keyOf = <Item>({ id }: Pick<Listing<Item>, 'id'>, item: Item): string => id(item) ?? JSON.stringify(item)

/** One page, counted from 0; joined from several of the server's where it gives smaller ones. */
async function readCounted<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
): Promise<Page & { readonly items: readonly Item[] }> {
  const { page, pageSize } = wanted
  const given = await readAt(ask, listing, wanted)
  const left = Math.min(pageSize, (given.total_count ?? 0) - page * pageSize)
  const expected = page === 0 ? left : pageSize
  if (given.items.length >= expected || left <= 0) return given
  // Fewer than asked for: the first page has as many as this server gives.
  const first = page === 0 ? given : await readOne(ask, listing, { ...wanted, page: 0 })
  const size = first.items.length
  if (size === 0 || size >= pageSize) return given
  const items = await readSmallPages(ask, listing, wanted, { size, count: left, first: first.items })
  return { ...given, page, page_size: pageSize, items }
}

/** The items of one wanted page, from pages of `size` items. */
async function readSmallPages<Item>(
  ask: StateRequests,
  listing: Listing<Item>,
  wanted: WantedPage,
  { size, count, first }: { readonly size: number; readonly count: number; readonly first: readonly Item[] },
): Promise<readonly Item[]> {
  const from = wanted.page * wanted.pageSize
  const rows = new Map(from === 0 ? first.map((item) => [keyOf(listing, item), item] as const) : [])
  const firstPart = from === 0 ? 1 : Math.floor(from / size)
  for (let part = firstPart; part * size < from + count; part++) {
    if (part - firstPart >= mostPartsAtOnce) await ask.waitForSlot()
    const { items } = await readAt(ask, listing, { ...wanted, page: part, pageSize: size })
    const before = rows.size
    for (const item of items.slice(Math.max(0, from - part * size), from + count - part * size))
      rows.set(keyOf(listing, item), item)
    // The server has no more than these, whatever its total says.
    if (items.length < size || rows.size === before) break
  }
  return [...rows.values()]
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
      const { rows, total } = readRows(await ask.get(`${path}?${query}`), key, path)
      return { page, page_size: pageSize, total_count: total, items: rows.map(item) }
    }),
  )
}
