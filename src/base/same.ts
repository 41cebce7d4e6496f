/**
 * Whether two values of JSON are equal. The order of the names in an object does not matter. Without recursion, since the peer
 * sets how deep a value is.
 */
export function same(a: unknown, b: unknown): boolean {
  const left: unknown[] = [a, b]
  while (left.length > 0) {
    const one = left.pop()
    const other = left.pop()
    if (one === other) continue
    if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false
    if (Array.isArray(one) && Array.isArray(other)) {
      if (one.length !== other.length) return false
      for (let at = 0; at < one.length; at++) left.push(one[at], other[at])
      continue
    }
    if (Array.isArray(one) || Array.isArray(other)) return false
    const names = Object.keys(one)
    if (names.length !== Object.keys(other).length) return false
    for (const name of names) {
      if (!Object.hasOwn(other, name)) return false
      left.push(Reflect.get(one, name), Reflect.get(other, name))
    }
  }
  return true
}

/** What was compared before, by the two values; gone with either of them. */
const compared = new WeakMap<object, WeakMap<object, boolean>>()

/** As `same`, and compares two objects only once however many subscribers ask: a value may have megabytes. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || a === b) return same(a, b)
  const known = compared.get(a) ?? new WeakMap<object, boolean>()
  compared.set(a, known)
  const equal = known.get(b) ?? same(a, b)
  known.set(b, equal)
  return equal
}
