import type { MesheryEvent } from '../streams/events.ts'

/** Where an event is published. */
export const subjectOf = (subject: string, { category, action }: MesheryEvent): string =>
  [subject, token(category), token(action)].join('.')

/** A part of a subject, where dots, spaces and wildcards have a meaning. */
const token = (text: string | null): string => (text ?? '').replace(/[^\w-]/g, '_') || 'none'

/** Whether a stream with these subjects stores what is published there. `*` is any one part, `>` is all that follow. */
export const takesSubject = (subjects: readonly string[], published: string): boolean =>
  subjects.some((one) => matchesParts(one.split('.'), published.split('.')))

function matchesParts(wanted: readonly string[], parts: readonly string[]): boolean {
  const end = wanted.indexOf('>')
  if (end < 0 ? wanted.length !== parts.length : parts.length <= end) return false
  const fixed = end < 0 ? wanted : wanted.slice(0, end)
  return fixed.every((part, index) => part === '*' || part === parts[index])
}
