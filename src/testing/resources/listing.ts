import type { ReleaseProfile } from '../releases/release-profile.ts'

/** Which rows of a list are wanted. */
export interface Window {
  /** Counted from 0. */
  readonly page: number
  readonly size: number
}

/**
 * Reads page and size, which are texts in REST and in GraphQL. Empty ones are page 0 and the size that is usual.
 * Undefined when either is no whole number of at least 0.
 */
export function parseWindow(page: unknown, size: unknown, usual = 10): Window | undefined {
  const read = (given: unknown, unsaid: number): number => {
    const text = given === undefined || given === null ? '' : String(given)
    if (text === '') return unsaid
    return /^\d+$/.test(text) ? Number(text) : Number.NaN
  }
  const wanted = { page: read(page, 0), size: read(size, usual) }
  return Number.isNaN(wanted.page) || Number.isNaN(wanted.size) ? undefined : wanted
}

export const rowsInWindow = <Row>(rows: readonly Row[], { page, size }: Window): readonly Row[] =>
  rows.slice(page * size, (page + 1) * size)

/**
 * Puts rows into the order that `"<column> <asc|desc>"` names, as Meshery's `SanitizeOrderInput` reads it: two words and one blank,
 * a column of the list, and everything but `desc` is ascending. Anything else is `updated_at desc`.
 */
export function sortRows<Row extends { readonly updated_at: string }>(
  rows: readonly Row[],
  order: unknown,
  columns: readonly (keyof Row & string)[],
  releaseProfile: ReleaseProfile,
): readonly Row[] {
  const [wanted, direction, ...more] = String(order ?? '').split(' ')
  const named = columns.find((column) => column === wanted || (!releaseProfile.snake && camel(column) === wanted))
  const known = named !== undefined && direction !== undefined && more.length === 0
  const column = known ? named : 'updated_at'
  const sign = known && direction?.toLowerCase() !== 'desc' ? 1 : -1
  return rows.toSorted((a, b) => sign * compare(a[column], b[column]))
}

function compare(a: unknown, b: unknown): number {
  const [x, y] = [comparable(a), comparable(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** Times as Go writes them differ in length, so as texts they would be out of order. */
function comparable(value: unknown): string {
  const text = String(value ?? '')
  return /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text).toISOString() : text
}

/** Whether a text is in another, whatever the case. */
export const includes = (text: string, search: unknown): boolean =>
  text.toLowerCase().includes(String(search ?? '').toLowerCase())

/** `created_at` as `createdAt`. */
export const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** A row, its own keys (snake_case) withReleaseKeys as REST of the release spells them. */
export const withReleaseKeys = (row: object, { snake }: ReleaseProfile): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [snake ? key : camel(key), value]))

/** One page of a list as REST of the release spells it. */
export const listingPage = (
  name: string,
  items: readonly unknown[],
  total: number,
  window: Window,
  releaseProfile: ReleaseProfile,
): object =>
  withReleaseKeys({ page: window.page, page_size: window.size, total_count: total, [name]: items }, releaseProfile)

/** An argument that is a list of texts; a single one is a list of one. */
export const textsOf = (value: unknown): readonly string[] =>
  value === undefined || value === null ? [] : (Array.isArray(value) ? value : [value]).map(String)
