import { useCallback, useEffect, useState } from 'react'
import { type EventFilter, readFilter, writeFilter } from '../events/event-filter.ts'

/** The filter in the address of the page, and what changes it. */
export function useFilter(): [EventFilter, (change: Partial<EventFilter>) => void] {
  const [filter, setFilter] = useState(() => readFilter(location.search))
  useEffect(() => {
    const query = writeFilter(location.search, filter)
    if (query !== location.search)
      history.replaceState(history.state, '', `${location.pathname}${query}${location.hash}`)
  }, [filter])
  useEffect(() => {
    const read = (): void => setFilter(readFilter(location.search))
    addEventListener('popstate', read)
    return () => removeEventListener('popstate', read)
  }, [])
  const change = useCallback((changed: Partial<EventFilter>) => setFilter((known) => ({ ...known, ...changed })), [])
  return [filter, change]
}
