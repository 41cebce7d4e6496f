import { isRecord } from './checks.ts'

/** What a value costs beside its text, in bytes: its slot, its header, the name of its field. */
const overhead = 32
/** Longer texts are rare. */
const shortText = 4_096

/**
 * About how many bytes of memory a JSON value takes. Visits all of it, however deep, at a small part of what it costs to
 * parse.
 *
 * A long text counts three times: it is parsed from another one of the same length, which an engine collects late.
 */
export function sizeOf(value: unknown): number {
  let bytes = 0
  const branches: (readonly unknown[] | Readonly<Record<string, unknown>>)[] = [[value]]
  const add = (field: unknown): void => {
    bytes += overhead
    if (typeof field === 'string') bytes += field.length < shortText ? field.length : 3 * field.length
    else if (Array.isArray(field) || isRecord(field)) branches.push(field)
  }
  // The loop also visits what it adds. By the keys: a list of its values for each object would take three times as long.
  for (const branch of branches)
    if (isRecord(branch)) for (const key in branch) add(branch[key])
    else branch.forEach(add)
  return bytes
}

/**
 * About how many bytes a value takes that was parsed from a JSON text of so many characters. Most are known to be small
 * by that alone: to visit each in a flood would cost a part of what it costs to parse.
 */
export const parsedSize = (value: unknown, textLength: number = Infinity): number =>
  textLength < shortText ? 4 * textLength : sizeOf(value)
