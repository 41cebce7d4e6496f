import { type EventsArguments, severities } from '../index.ts'
import { readChoices, readList } from './arguments.ts'

/** The options that say which events. */
export const filterConfig = {
  severity: { type: 'string', multiple: true },
  category: { type: 'string', multiple: true },
  action: { type: 'string', multiple: true },
  status: { type: 'string', multiple: true },
  'acted-upon': { type: 'string', multiple: true },
  since: { type: 'string' },
} as const

type Name = Exclude<keyof typeof filterConfig, 'since'>
type Values = { readonly [Each in Name]?: string[] | undefined } & { readonly since?: string | undefined }

/** @throws MesheryError INVALID_OPTION */
export const readFilters = ({ severity, category, action, status, since, ...values }: Values): EventsArguments => ({
  severity: readChoices('severity', severity, severities),
  category: readList(category),
  action: readList(action),
  status: readChoices('status', status, ['read', 'unread']),
  actedUpon: readList(values['acted-upon']),
  since,
})
