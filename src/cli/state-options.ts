import { Option } from 'commander'
import type { Selector } from '../index.ts'
import { listOption, type OptionValues, readChoice, readCount, usageError, valueOption } from './option-values.ts'

/** What was given for the options that choose a part of a state. */
export interface StateValues {
  readonly profile?: string | undefined
  readonly namespace?: string | undefined
  readonly cluster?: readonly string[] | undefined
  readonly connection?: readonly string[] | undefined
  readonly type?: string | undefined
  readonly page?: string | undefined
  readonly 'page-size'?: string | undefined
  readonly all?: boolean | undefined
  readonly search?: string | undefined
  readonly order?: string | undefined
}

/** The name of such an option. */
export type StateOption = keyof StateValues

/** The name of an option of a page. */
export const pageOptions: readonly StateOption[] = ['page', 'page-size', 'all', 'search', 'order']

export const modelTypes = ['components', 'relationships'] as const

/** Each of them; a command takes some. @param columns What `--order` may name. */
const optionMakers: Readonly<Record<StateOption, (columns: readonly string[]) => Option>> = {
  profile: () => valueOption('--profile <NAME>', 'the id or name of the performance profile; must be given'),
  namespace: () => valueOption('--namespace <NAME>', "must be given; '' for what belongs to no namespace"),
  cluster: () =>
    listOption('--cluster <LIST>', 'names, or ids of contexts, connections or clusters; default: every cluster'),
  connection: () =>
    listOption('--connection <LIST>', 'names, or ids of connections (on v0.6 of contexts); default: every one'),
  type: () => valueOption('--type <TYPE>', 'components (default) or relationships', modelTypes),
  page: () => valueOption('--page <N>', 'counted from 0; default 0'),
  'page-size': () => valueOption('--page-size <N>', '1 to 100; default 25'),
  all: () => new Option('--all', 'every page, in place of one'),
  search: () => valueOption('--search <TEXT>', 'a part of the name'),
  order: (columns) =>
    valueOption(
      '--order <ORDER>',
      `such as "name asc"; by ${columns.join(', ')}. Default "updated_at desc"`,
      ordersOf(columns),
    ),
}

export const stateOptions = (takes: readonly StateOption[], columns: readonly string[] = []): readonly Option[] =>
  takes.map((name) => optionMakers[name](columns))

export const readStateValues = (values: OptionValues): StateValues => ({
  profile: values.text('profile'),
  namespace: values.text('namespace'),
  cluster: values.texts('cluster'),
  connection: values.texts('connection'),
  type: values.text('type'),
  page: values.text('page'),
  'page-size': values.text('page-size'),
  all: values.flag('all') || undefined,
  search: values.text('search'),
  order: values.text('order'),
})

/** What must be given for an option that a command needs, for people. */
const needed = {
  profile: 'the name or id of a performance profile, which `meshery-live profiles` prints',
  namespace: 'the name of a namespace, such as default',
} as const

/** @throws MesheryError INVALID_OPTION when the option was not given. */
export const requiredText = (option: keyof typeof needed, value: string | undefined): string => {
  if (value === undefined) throw usageError(`--${option} is missing: ${needed[option]}`)
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
