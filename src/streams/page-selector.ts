import { refuse, shown, wantInRange, wantNames, wantNumber } from '../base/checks.ts'
import type { Wire } from './wire.ts'

/** Which page of a list, or the whole of it. */
export interface Selector<Column extends string = 'created_at' | 'updated_at' | 'name'> {
  /** Counted from 0. Default 0. */
  readonly page?: number | undefined
  /** Items on a page, 1 to 100. Default 25. */
  readonly pageSize?: number | undefined
  /** Every page, in place of one: the client walks through them, a request a second. Default false. */
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

/** The most items that may be requested on a page; some servers give no more. */
export const mostItemsOnPage = 100

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
    pageSize: wantInRange(`${name}pageSize`, pageSize, { least: 1, most: mostItemsOnPage, whole: true }),
    all: all === true,
    search: String(search),
    order: String(order),
  }
}

/** A selector that is one of the arguments. */
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
