import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'

/** An object as it came; its keys are spelt in the way of its release. */
export type Wire = Readonly<Record<string, unknown>>

/** Go's zero UUID, which stands for none. */
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
export const number = (wire: Wire, ...keys: string[]): number | null => {
  for (const key of keys) {
    const value = wire[key]
    if (typeof value === 'number') return value
  }
  return null
}

/** The first of the spellings that holds an object. */
export const record = (wire: Wire, ...keys: string[]): Wire | null => {
  for (const key of keys) {
    const value = wire[key]
    if (isRecord(value)) return value
  }
  return null
}

/** The objects of a list; null, and what is no list, has none. */
export const records = (value: unknown): readonly Wire[] => (Array.isArray(value) ? value.filter(isRecord) : [])

/** For an answer that is not what the path should give: something else than Meshery, or another release, is there. */
export const notMeshery = (path: string): MesheryError =>
  new MesheryError('NOT_MESHERY', `The answer of ${path.replace(/\?.*/s, '')} is not what Meshery gives`, {
    phase: 'poll',
  })
