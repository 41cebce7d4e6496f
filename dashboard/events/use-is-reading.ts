import { useEffect, useState } from 'react'
import type { EventLogView } from './event-log.ts'

/** So many events are there at once only when the past is read. */
const manyEvents = 1_000

/** Older than this, in milliseconds, the newest event is of the past. */
const pastMs = 60_000

/** The past is read when nothing came for so long, in milliseconds. */
const quietMs = 1_500

/** Whether the events of the past are still being read, the oldest first: what is on top is not the newest yet. */
export function useIsReading({ events, received }: EventLogView): boolean {
  const [quietAt, setQuietAt] = useState<number>()
  useEffect(() => {
    const timer = setTimeout(() => setQuietAt(received), quietMs)
    return () => clearTimeout(timer)
  }, [received])
  const newestMs = events.at(-1)?.atMs ?? Date.now()
  return quietAt !== received && events.length >= manyEvents && Date.now() - newestMs > pastMs
}
