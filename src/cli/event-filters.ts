import type { Option } from 'commander'
import type { EventFilters } from '../actions/index.ts'
import { type EventsArguments, type MesheryEvent, severities } from '../index.ts'
import { textOf } from './event-text.ts'
import {
  listOption,
  type OptionValues,
  readChoice,
  readChoices,
  readList,
  underHeading,
  usageError,
  valueOption,
} from './option-values.ts'
import { longestSearched, TextPatterns } from './text-patterns.ts'

/** The heading of the options that choose events. */
export const filterHeading = 'Which events (a list is separated by commas, or the option repeated)'

const eventStatuses = ['read', 'unread'] as const

/** The fields of an event, for completion. */
export const eventFields: readonly (keyof MesheryEvent)[] = [
  'id',
  'userID',
  'actedUpon',
  'operationID',
  'systemID',
  'severity',
  'action',
  'status',
  'category',
  'description',
  'metadata',
  'createdAt',
  'updatedAt',
  'deletedAt',
]

/** What is true of every regular expression. */
export const patternNote: string = `REGEX is a regular expression of JavaScript; (?i) at its beginning ignores case. You can repeat the option: one match is enough. Of a line longer than ${longestSearched} characters only the beginning is searched. A pattern that takes more than a second for one event ends the command.`

const fieldOptions = (): readonly Option[] => [
  listOption('--severity <LIST>', severities.join(', '), severities),
  listOption('--category <LIST>', 'such as pattern,connection'),
  listOption('--action <LIST>', 'such as deploy,create'),
  listOption('--status <LIST>', eventStatuses.join(', '), eventStatuses),
  listOption('--acted-upon <LIST>', 'ids of what was acted upon'),
]

/** The options that choose events. */
export const filterOptions = (): readonly Option[] => [
  ...fieldOptions(),
  valueOption(
    '--min-severity <LEVEL>',
    `this severity or a more serious one, in the order of --severity; success counts as informational. An event without a known severity passes`,
    severities,
  ),
  listOption(
    '--grep <REGEX>',
    'a text of the event matches: severity, category/action, description, details, cause or remedy',
  ),
  listOption('--exclude <REGEX>', 'no text of the event matches'),
  valueOption(
    '--since <WHEN>',
    'begin earlier: a span (10m, 2h, 1d), an ISO time, or the id of an event to go on after',
  ),
]

/** The options that choose stored events. */
export const storedFilterOptions = (): readonly Option[] =>
  underHeading(filterHeading, [
    ...fieldOptions(),
    valueOption('--search <TEXT>', 'a part of the description, in any case'),
  ])

/** What of an event can be filtered. */
type Field = 'severity' | 'category' | 'action' | 'status' | 'acted-upon'

const fields: Readonly<Record<Field, keyof MesheryEvent>> = {
  severity: 'severity',
  category: 'category',
  action: 'action',
  status: 'status',
  'acted-upon': 'actedUpon',
}

const isField = (name: string): name is Field => Object.hasOwn(fields, name)

/** @throws MesheryError INVALID_OPTION */
export const readFilters = (values: OptionValues): EventsArguments => ({
  severity: readChoices('severity', values.texts('severity'), severities),
  category: readList(values.texts('category')),
  action: readList(values.texts('action')),
  status: readChoices('status', values.texts('status'), eventStatuses),
  actedUpon: readList(values.texts('acted-upon')),
  since: readSince(values.text('since')),
  where: readWhere(values),
})

/**
 * The client reads it; but V8 takes February 30 as March 2, which is hardly what was meant.
 * @throws MesheryError INVALID_OPTION
 */
function readSince(given: string | undefined): string | undefined {
  const [day, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)/.exec(given ?? '') ?? []
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date))).getUTCDate() === Number(date)
  if (day === undefined || isDay) return given
  throw usageError(`--since was given ${JSON.stringify(given)}; there is no such day`)
}

/**
 * What the options that are no lists of values choose; undefined without any of them.
 * @throws MesheryError INVALID_OPTION
 */
function readWhere(values: OptionValues): ((event: MesheryEvent) => boolean) | undefined {
  const level = values.text('min-severity')
  const least = level === undefined ? undefined : readChoice('min-severity', level, severities)
  const [wanted, excluded] = [readPatterns('grep', values), readPatterns('exclude', values)]
  if (least === undefined && wanted === undefined && excluded === undefined) return undefined
  return (event) => {
    if (least !== undefined && !isAsSerious(event, least)) return false
    const text = textOf(event)
    return wanted?.matchesAny(text) !== false && excluded?.matchesAny(text) !== true
  }
}

/** @throws MesheryError INVALID_OPTION */
function readPatterns(option: string, values: OptionValues): TextPatterns | undefined {
  const given = values.texts(option)
  return given === undefined ? undefined : new TextPatterns(option, given)
}

/** How serious a severity is: the lower, the more. Success is no level: it counts as informational. */
const rankOf = (severity: string): number =>
  severities.findIndex((one) => one === (severity === 'success' ? 'informational' : severity))

/** Servers may have other severities: an event with one passes, since it may matter. */
function isAsSerious({ severity }: MesheryEvent, least: string): boolean {
  const rank = rankOf(severity?.toLowerCase() ?? '')
  return rank < 0 || rank <= rankOf(least)
}

/** @throws MesheryError INVALID_OPTION */
export function readStoredFilters(values: OptionValues): EventFilters {
  const { severity, category, action, status, actedUpon } = readFilters(values)
  return { severity, category, action, status, actedUpon, search: values.text('search') }
}

/** What the fields of an event must be, each one of a list. */
export type Conditions = { readonly [Each in Field]?: readonly string[] | undefined }

/**
 * What these texts for each field choose. `option` names them in an error.
 * @throws MesheryError INVALID_OPTION
 */
export function readConditions(textsOf: (field: Field) => readonly string[] | undefined, option = ''): Conditions {
  const lists = {
    category: readList(textsOf('category')),
    action: readList(textsOf('action')),
    'acted-upon': readList(textsOf('acted-upon')),
  }
  for (const [name, list] of Object.entries(lists))
    if (list?.includes('')) throw usageError(`--${option}${name} was given ""; it takes a list of texts`)
  return {
    severity: readChoices(`${option}severity`, textsOf('severity'), severities),
    status: readChoices(`${option}status`, textsOf('status'), eventStatuses),
    ...lists,
  }
}

/**
 * Reads `severity=error,critical category=pattern`: fields with what they may be, separated by spaces.
 * @throws MesheryError INVALID_OPTION
 */
export function readExpression(option: string, given: string): Conditions {
  const texts = new Map<Field, readonly string[]>()
  for (const part of given.trim().split(/\s+/)) {
    const [, name = '', list = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
    if (!isField(name) || list === '')
      throw usageError(
        `--${option} was given ${JSON.stringify(given)}; it takes FIELD=LIST, and a field is ${Object.keys(fields).join(', ')}`,
      )
    const joined = list.split(',').find((one) => isField(one.replace(/=.*/s, '')) && one.includes('='))
    if (joined !== undefined)
      throw usageError(
        `--${option} was given ${JSON.stringify(given)}; a space separates fields, as in '${part.replace(`,${joined}`, ` ${joined}`)}'`,
      )
    texts.set(name, [...(texts.get(name) ?? []), list])
  }
  return readConditions((field) => texts.get(field), `${option} `)
}

/** Whether the event matches all of the conditions. */
export const matches = (conditions: Conditions, event: MesheryEvent): boolean =>
  Object.entries(conditions).every(
    ([name, list]) => list === undefined || (isField(name) && list.some((one) => one === event[fields[name]])),
  )
