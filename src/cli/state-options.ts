import { parseArgs } from 'node:util'
import type { Selector } from '../index.ts'
import {
  connectionConfig,
  countConfig,
  type FollowOptions,
  readFollowOptions,
  withSpans,
} from './connection-options.ts'
import { readArguments, readChoice, readCount, usageError } from './option-values.ts'

/** The options that say which part of a state; each command takes some of them. */
const config = {
  profile: { type: 'string' },
  namespace: { type: 'string' },
  context: { type: 'string', multiple: true },
  connection: { type: 'string', multiple: true },
  type: { type: 'string' },
  page: { type: 'string' },
  'page-size': { type: 'string' },
  all: { type: 'boolean' },
  search: { type: 'string' },
  order: { type: 'string' },
} as const

/** The name of such an option. */
export type StateOption = keyof typeof config

/** Those that choose a page. */
export const pageOptions: readonly StateOption[] = ['page', 'page-size', 'all', 'search', 'order']

/** What was given for them. */
export type StateValues = {
  readonly [Name in StateOption]?: ReturnType<typeof parseArgs<{ options: typeof config }>>['values'][Name] | undefined
}

/** What a command that follows a state was asked for; undefined: for help. */
export interface StateOptions extends FollowOptions {
  readonly values: StateValues
}

/**
 * @param takes The options that this command takes, besides those that all have.
 * @throws MesheryError INVALID_OPTION
 */
export function readStateOptions(takes: readonly StateOption[], given: readonly string[]): StateOptions | undefined {
  const { values } = readArguments(() =>
    parseArgs({ args: withSpans(given), options: { ...connectionConfig, ...countConfig, ...config } }),
  )
  const names: readonly string[] = takes
  const stray = Object.keys(config).find((name) => name in values && !names.includes(name))
  if (stray !== undefined) throw usageError(`Unknown option '--${stray}'`)
  return values.help ? undefined : { ...readFollowOptions(values), values }
}

/** @throws MesheryError INVALID_OPTION when the option was not given. */
export const wanted = (option: StateOption, value: string | undefined): string => {
  if (value === undefined) throw usageError(`--${option} is missing`)
  return value
}

/**
 * Which page, as the streams take it.
 * @throws MesheryError INVALID_OPTION
 */
export const readPageOptions = <Column extends string>(
  { page, 'page-size': pageSize, all, search, order }: StateValues,
  columns: readonly Column[],
): Selector<Column> => ({
  page: page === undefined ? undefined : readCount('page', page, 0, Number.MAX_SAFE_INTEGER),
  pageSize: pageSize === undefined ? undefined : readCount('page-size', pageSize, 1, 100),
  all,
  search,
  order: order === undefined ? undefined : readChoice('order', order, ordersOf(columns)),
})

const ordersOf = <Column extends string>(columns: readonly Column[]): readonly `${Column} ${'asc' | 'desc'}`[] =>
  columns.flatMap((column) => [`${column} asc` as const, `${column} desc` as const])
