import { useEffect, useState } from 'react'
import { type RecentChange, type TrackedValues, trackValues } from './recent-changes.ts'

/**
 * The last change of each value since the page shows it.
 * @param values By their keys: the same object while nothing changes. Undefined until they are known.
 * @param subject What the values belong to: those of another subject begin anew.
 */
export function useRecentChanges<Value>(
  values: ReadonlyMap<string, Value> | undefined,
  subject = '',
): ReadonlyMap<string, RecentChange<Value>> {
  const [tracked, setTracked] = useState<{ readonly subject: string; readonly of: TrackedValues<Value> }>(() => ({
    subject,
    of: { values: undefined, changes: new Map() },
  }))
  useEffect(() => {
    if (!values) return
    setTracked((known) => {
      const before = known.subject === subject ? known.of : { values: undefined, changes: new Map() }
      return { subject, of: trackValues(before, values, Date.now()) }
    })
  }, [values, subject])
  return tracked.of.changes
}
