/** The last change of a value. */
export interface RecentChange<Value> {
  /** Undefined if it is new. */
  readonly before: Value | undefined
  /** Milliseconds since 1970. */
  readonly atMs: number
}

/** Values by their keys, and the last change of each since the page follows them. */
export interface TrackedValues<Value> {
  readonly values: ReadonlyMap<string, Value> | undefined
  readonly changes: ReadonlyMap<string, RecentChange<Value>>
}

/** What was tracked, with the present values. The first values are no change. */
export function trackValues<Value>(
  known: TrackedValues<Value>,
  values: ReadonlyMap<string, Value>,
  nowMs: number,
): TrackedValues<Value> {
  if (known.values === undefined) return { values, changes: new Map() }
  const changes = new Map([...known.changes].filter(([key]) => values.has(key)))
  for (const [key, value] of values) {
    const before = known.values.get(key)
    if (before !== value) changes.set(key, { before, atMs: nowMs })
  }
  return { values, changes }
}
