import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'

/** An object as the server sent it; its keys are spelled as in its release. */
export type Wire = Readonly<Record<string, unknown>>

/** Go's zero UUID, which means none. */
export const nilUUID = '00000000-0000-0000-0000-000000000000'

/** The first of the spellings that holds a text that is not empty. */
export const text = (wire: Wire, ...keys: string[]): string | null => {
  for (const key of keys) {
    const value = wire[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

export const uuid = (wire: Wire, ...keys: string[]): string | null => {
  const value = text(wire, ...keys)
  return value === nilUUID ? null : value
}

/** A time; Go writes the zero time for none. */
export const time = (wire: Wire, ...keys: string[]): string | null => {
  const value = text(wire, ...keys)
  return value === null || value.startsWith('0001-01-01') ? null : value
}

/** The first of the spellings that holds a number. */
export const number = (wire: Wire, ...keys: string[]): number | null =>
  keys.map((key) => wire[key]).find((value) => typeof value === 'number') ?? null

/** The first of the spellings that holds an object. */
export const record = (wire: Wire, ...keys: string[]): Wire | null =>
  keys.map((key) => wire[key]).find(isRecord) ?? null

/** Reads one field of an object, by the spellings that releases give it. */
type FieldReader<Value> = (wire: Wire, ...spellings: string[]) => Value

const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** Makes an object of the named fields. Each is looked for in camelCase (releases since v1.0), then as it is named. */
export const fieldsOf =
  <Fields extends Readonly<Record<string, FieldReader<unknown>>>>(fields: Fields) =>
  (wire: Wire): { readonly [name in keyof Fields]: ReturnType<Fields[name]> } => {
    const entries = Object.entries(fields).map(([name, read]) => [name, read(wire, camelCase(name), name)])
    // `fromEntries` forgets which value belongs to which name.
    return Object.fromEntries(entries) as { readonly [name in keyof Fields]: ReturnType<Fields[name]> }
  }

/** The objects of a list. Go has null for an empty one; what is no list is undefined. */
export const records = (value: unknown): readonly Wire[] | undefined => {
  if (Array.isArray(value)) return value.filter(isRecord)
  return value === null || value === undefined ? [] : undefined
}

/**
 * What an answer says of a list: its rows, and how many there are in all; null where it does not say, or says less than it
 * gives.
 * @throws MesheryError NOT_MESHERY when it is no such answer.
 */
export function readRows(body: unknown, key: string, path: string): { rows: readonly Wire[]; total: number | null } {
  const isList = isRecord(body) && (key in body || 'total_count' in body || 'totalCount' in body)
  const rows = isList ? records(body[key]) : undefined
  if (!isList || !rows) throw notMeshery(path)
  const total = number(body, 'totalCount', 'total_count')
  return { rows, total: total !== null && Number.isSafeInteger(total) && total >= rows.length ? total : null }
}

/** For an answer that is not what the path should give: something else than Meshery, or another release, is there. */
export const notMeshery = (path: string): MesheryError =>
  new MesheryError('NOT_MESHERY', `The answer of ${path.replace(/\?.*/s, '')} is not what Meshery gives`, {
    phase: 'poll',
  })
