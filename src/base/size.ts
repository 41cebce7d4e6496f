import { isObject } from './checks.ts'

/** What a value costs beside its text, in bytes: its slot, its header, the name of its field. */
const overhead = 32

/** The bytes of a value without its fields or items. */
const ownBytes = (value: unknown): number => overhead + (typeof value === 'string' ? value.length : 0)

/**
 * About how many bytes of memory a JSON value takes. Visits all of it, however deep, at a small part of what it costs to
 * parse.
 */
export function sizeOf(value: unknown): number {
  let bytes = ownBytes(value)
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (!isObject(next)) continue
    for (const field of Array.isArray(next) ? next : Object.values(next)) {
      bytes += ownBytes(field)
      if (isObject(field)) left.push(field)
    }
  }
  return bytes
}
