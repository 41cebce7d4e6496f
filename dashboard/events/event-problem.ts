import { isRecord } from '../page/is-record.ts'

/** What Meshery says of an error in an event. */
export interface EventProblem {
  readonly code: string | undefined
  readonly explanation: readonly string[]
  readonly probableCause: readonly string[]
  readonly remedy: readonly string[]
}

/** The texts of a field that is a text or a list of texts, in PascalCase or camelCase. */
const textsOf = (error: Readonly<Record<string, unknown>>, name: string): readonly string[] => {
  const value = error[name] ?? error[`${name.charAt(0).toLowerCase()}${name.slice(1)}`]
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((one) => typeof one === 'string').filter((one) => one.trim() !== '')
}

/** Reads the error of an event's metadata; undefined if there is none. */
export function problemOf(metadata: Readonly<Record<string, unknown>> | null): EventProblem | undefined {
  const error = metadata?.['error']
  if (typeof error === 'string' && error !== '')
    return { code: undefined, explanation: [error], probableCause: [], remedy: [] }
  if (!isRecord(error)) return undefined
  const long = textsOf(error, 'LongDescription')
  const problem = {
    code: textsOf(error, 'Code')[0],
    explanation: long.length > 0 ? long : textsOf(error, 'ShortDescription'),
    probableCause: textsOf(error, 'ProbableCause'),
    remedy: textsOf(error, 'SuggestedRemediation'),
  }
  const hasText = problem.code !== undefined || [problem.explanation, problem.probableCause, problem.remedy].flat()[0]
  return hasText ? problem : undefined
}

/** The pages of Meshery's own interface by what an event is about. */
const pages: ReadonlyMap<string | null, string> = new Map([
  ['pattern', 'configuration/designs'],
  ['design', 'configuration/designs'],
  ['filter', 'configuration/filters'],
  ['connection', 'management/connections'],
  ['kubernetes', 'management/connections'],
  ['kubernetes_components', 'management/connections'],
  ['meshsync', 'management/connections'],
  ['performance', 'performance/profiles'],
  ['performance_profile', 'performance/profiles'],
])

/** The address in Meshery of what an event is about; that of its first page if there is no other. */
export const linkOf = (ui: string, category: string | null): string =>
  new URL(pages.get(category) ?? '', ui.endsWith('/') ? ui : `${ui}/`).href
