import type { ReleaseProfile } from '../releases/release-profile.ts'

/** The error of Go for a page or size that `parseWindow` refuses. */
export const badNumber = 'strconv.ParseUint: invalid syntax'

/** Which rows of a list a request asks for. */
export interface Window {
  /** Counted from 0. */
  readonly page: number
  readonly size: number
}

/**
 * Parses page and size, which are texts in REST and in GraphQL. Empty ones are page 0 and `defaultSize`.
 * Undefined when either is not a whole number of at least 0.
 */
export function parseWindow(page: unknown, size: unknown, defaultSize = 10): Window | undefined {
  const parse = (given: unknown, defaultValue: number): number => {
    const text = given === undefined || given === null ? '' : String(given)
    if (text === '') return defaultValue
    return /^\d+$/.test(text) ? Number(text) : Number.NaN
  }
  const window = { page: parse(page, 0), size: parse(size, defaultSize) }
  return Number.isNaN(window.page) || Number.isNaN(window.size) ? undefined : window
}

export const rowsInWindow = <Row>(rows: readonly Row[], { page, size }: Window): readonly Row[] =>
  rows.slice(page * size, (page + 1) * size)

/**
 * Sorts rows by `"<column> <asc|desc>"`, as Meshery's `SanitizeOrderInput` reads it: two words and one blank,
 * a column of the list, and everything but `desc` is ascending. Anything else is `updated_at desc`.
 */
export function sortRows<Row extends { readonly updated_at: string }>(
  rows: readonly Row[],
  order: unknown,
  columns: readonly (keyof Row & string)[],
  releaseProfile: ReleaseProfile,
): readonly Row[] {
  const [name, direction, ...more] = String(order ?? '').split(' ')
  const named = columns.find((column) => column === name || (!releaseProfile.snakeCase && camel(column) === name))
  const isValid = named !== undefined && direction !== undefined && more.length === 0
  const column = isValid ? named : 'updated_at'
  const sign = isValid && direction?.toLowerCase() !== 'desc' ? 1 : -1
  return rows.toSorted((a, b) => sign * compare(a[column], b[column]))
}

function compare(a: unknown, b: unknown): number {
  const [x, y] = [comparable(a), comparable(b)]
  if (x === y) return 0
  return x < y ? -1 : 1
}

/** A text that sorts correctly. Go writes times in different lengths, so their own texts do not. */
function comparable(value: unknown): string {
  const text = String(value ?? '')
  return /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text).toISOString() : text
}

/** Whether a text contains another. Case does not matter. */
export const includes = (text: string, search: unknown): boolean =>
  text.toLowerCase().includes(String(search ?? '').toLowerCase())

/** `created_at` as `createdAt`. */
export const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** A row with its own keys (snake_case) in the case that REST of the release uses. */
export const withReleaseKeys = (row: object, { snakeCase }: ReleaseProfile): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [snakeCase ? key : camel(key), value]))

/** One page of a list. */
export interface ListingPage {
  /** The key of the items. */
  readonly name: string
  readonly items: readonly unknown[]
  /** The number of rows on all pages together. */
  readonly total: number
  readonly window: Window
}

/** One page of a list in REST, with keys in the case of the release. */
export const listingPage = ({ name, items, total, window }: ListingPage, releaseProfile: ReleaseProfile): object =>
  withReleaseKeys({ page: window.page, page_size: window.size, total_count: total, [name]: items }, releaseProfile)

/** An argument that is a list of texts. A single text is a list of one. */
export function textsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}
