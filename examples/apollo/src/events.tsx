import { useSubscription } from '@apollo/client/react'
import type { MesheryEvent } from 'meshery-live'
import { v0_8 } from 'meshery-live/documents'
import { useState } from 'react'

/** The events of the last hour, the newest first. */
export const Events = () => {
  const [events, setEvents] = useState<readonly MesheryEvent[]>([])
  const { error, restart } = useSubscription(v0_8.EventsDocument, {
    context: { since: '1h' },
    // Pushed events share one id, so they do not belong into the cache.
    fetchPolicy: 'no-cache',
    ignoreResults: true,
    onData({ data: { data } }) {
      if (data) setEvents((known) => [data.subscribeEvents, ...known].slice(0, 200))
    },
  })
  if (error) {
    return (
      <p role="alert">
        {error.message}
        <button type="button" onClick={restart}>
          Try again
        </button>
      </p>
    )
  }
  return (
    <ol>
      {events.map(({ id, createdAt, severity, description }) => (
        <li key={`${id} ${createdAt}`} data-severity={severity}>
          {`${severity}: ${description}`}
        </li>
      ))}
    </ol>
  )
}
