import { isObject } from './checks.ts'

/**
 * Adds the pairs of children of two objects or two lists to `left`.
 * @returns false when the two differ, whatever their children are
 */
const addChildren = (one: object, other: object, left: unknown[]): boolean => {
  if (Array.isArray(one) !== Array.isArray(other)) return false
  // The names of a list are its indices.
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  for (const name of names) {
    if (!Object.hasOwn(other, name)) return false
    left.push(Reflect.get(one, name), Reflect.get(other, name))
  }
  return true
}

/**
 * Whether two values of JSON are equal. The order of the names in an object does not matter. Without recursion, since the
 * peer sets how deep a value is.
 */
export function same(a: unknown, b: unknown): boolean {
  const left: unknown[] = [a, b]
  while (left.length > 0) {
    const one = left.pop()
    const other = left.pop()
    if (one === other) continue
    if (!isObject(one) || !isObject(other) || !addChildren(one, other, left)) return false
  }
  return true
}

/** What was compared before, by the two values; gone with either of them. */
const compared = new WeakMap<object, WeakMap<object, boolean>>()

/** As `same`, and compares two objects only once however many subscribers ask: a value may have megabytes. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b) || a === b) return same(a, b)
  const known = compared.get(a) ?? new WeakMap<object, boolean>()
  compared.set(a, known)
  const equal = known.get(b) ?? same(a, b)
  known.set(b, equal)
  return equal
}
