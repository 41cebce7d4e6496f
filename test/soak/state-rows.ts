import type { Selector } from '../../src/streams/page-selector.ts'

type Row = Readonly<Record<string, unknown>>

/** A page of a list as the server should give it. Times are texts of one length, so that they compare as texts. */
export interface TrueList<Item> {
  readonly page: number | null
  readonly page_size: number | null
  readonly total_count: number
  readonly items: readonly Item[]
}

/** The meaning of a selector. */
export function listed<Stored extends { readonly name: string }, Item>(
  rows: readonly Stored[],
  { page = 0, pageSize = 25, all = false, search = '', order = 'updated_at desc' }: Selector<string>,
  item: (row: Stored) => Item,
): TrueList<Item> {
  const [column = '', direction] = order.split(' ')
  const of = (row: Row): string => String(row[column])
  const found = rows.filter(({ name }) => name.includes(search))
  const sorted = found.toSorted((a, b) => (of({ ...a }) < of({ ...b }) ? -1 : 1))
  const ordered = direction === 'desc' ? sorted.toReversed() : sorted
  const items = (all ? ordered : ordered.slice(page * pageSize, (page + 1) * pageSize)).map(item)
  const which = all ? { page: null, page_size: null } : { page, page_size: pageSize }
  return { ...which, total_count: found.length, items }
}

/** By name, how many different values it has: as the registry is counted. */
export function distinct<Stored>(
  rows: readonly Stored[],
  name: (row: Stored) => string,
  value: (row: Stored) => string,
): readonly { readonly name: string; readonly count: number }[] {
  const names = [...new Set(rows.map(name))].toSorted()
  return names.map((one) => ({
    name: one,
    count: new Set(rows.filter((row) => name(row) === one).map(value)).size,
  }))
}
