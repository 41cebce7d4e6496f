import { type EventsArguments, type MesheryEvent, severities } from '../index.ts'
import { readChoices, readList, usageError } from './option-values.ts'

/** The options that say which events. */
export const filterConfig = {
  severity: { type: 'string', multiple: true },
  category: { type: 'string', multiple: true },
  action: { type: 'string', multiple: true },
  status: { type: 'string', multiple: true },
  'acted-upon': { type: 'string', multiple: true },
  since: { type: 'string' },
} as const

type Field = Exclude<keyof typeof filterConfig, 'since'>
type Given = { readonly [Each in Field]?: string[] | undefined }
type Values = Given & { readonly since?: string | undefined }

/** @throws MesheryError INVALID_OPTION */
export const readFilters = ({ severity, category, action, status, since, ...values }: Values): EventsArguments => ({
  severity: readChoices('severity', severity, severities),
  category: readList(category),
  action: readList(action),
  status: readChoices('status', status, ['read', 'unread']),
  actedUpon: readList(values['acted-upon']),
  since,
})

/** What the fields of an event must be, each one of a list. */
export type Conditions = { readonly [Each in Field]?: readonly string[] | undefined }

const fields: Readonly<Record<Field, keyof MesheryEvent>> = {
  severity: 'severity',
  category: 'category',
  action: 'action',
  status: 'status',
  'acted-upon': 'actedUpon',
}

const isField = (name: string): name is Field => Object.hasOwn(fields, name)

/**
 * What these options of their own choose. `option` names them in an error.
 * @throws MesheryError INVALID_OPTION
 */
export function readConditions(values: Given, option = ''): Conditions {
  const { severity, category, action, status } = values
  const lists = { category: readList(category), action: readList(action), 'acted-upon': readList(values['acted-upon']) }
  for (const [name, list] of Object.entries(lists))
    if (list?.includes('')) throw usageError(`--${option}${name} was given ""; it takes a list of texts`)
  return {
    severity: readChoices(`${option}severity`, severity, severities),
    status: readChoices(`${option}status`, status, ['read', 'unread']),
    ...lists,
  }
}

/**
 * Reads `severity=error,critical category=pattern`: fields with what they may be, separated by blanks.
 * @throws MesheryError INVALID_OPTION
 */
export function readExpression(option: string, given: string): Conditions {
  const values: Partial<Record<Field, string[]>> = {}
  for (const part of given.trim().split(/\s+/)) {
    const [, name = '', list = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
    if (!isField(name) || list === '')
      throw usageError(
        `--${option} was given ${JSON.stringify(given)}; it takes FIELD=LIST, and a field is ${Object.keys(fields).join(', ')}`,
      )
    values[name] = [...(values[name] ?? []), list]
  }
  return readConditions(values, `${option} `)
}

/** Whether the event is as all of the conditions want it. */
export const passes = (conditions: Conditions, event: MesheryEvent): boolean =>
  Object.entries(conditions).every(
    ([name, list]) => list === undefined || (isField(name) && list.some((one) => one === event[fields[name]])),
  )
