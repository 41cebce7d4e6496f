/** What a value costs beside its text, in bytes: its slot, its header, the name of its field. */
const overhead = 32

/**
 * About how many bytes of memory a JSON value takes. Visits all of it, however deep, at a small part of what it costs to
 * parse.
 */
export function sizeOf(value: unknown): number {
  let bytes = 0
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    bytes += overhead
    if (typeof next === 'string') bytes += next.length
    else if (typeof next === 'object' && next !== null) {
      for (const field of Array.isArray(next) ? next : Object.values(next))
        if (typeof field === 'string') bytes += overhead + field.length
        else if (typeof field === 'object' && field !== null) left.push(field)
        else bytes += overhead
    }
  }
  return bytes
}
