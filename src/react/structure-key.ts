const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Sorts the names of plain objects; writes a word in place of what has no structure to compare. */
function comparable(_: string, value: unknown): unknown {
  if (typeof value === 'function') return 'function'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (!isPlain(value)) return 'instance'
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * A text that is equal for arguments of equal structure, whatever the order of their names. A Date and a URL count as their
 * texts. Functions, and instances of other classes, count as equal to each other.
 */
export const structureKey = (value: unknown): string => JSON.stringify(value, comparable) ?? ''
