import type { MesheryEvent } from 'meshery-live'
import { v1_0 } from 'meshery-live/documents/text'
import { useSyncExternalStore } from 'react'
import { useSubscription } from 'urql'
import { gapCount } from './notices'

interface Listed {
  readonly key: number
  readonly event: MesheryEvent
}

/** The events that are pushed while the page is open, the newest first. */
export const Events = () => {
  const gaps = useSyncExternalStore(gapCount.subscribe, gapCount.current)
  const [{ data, error }] = useSubscription(
    { query: v1_0.EventsDocument },
    // Pushed events share one id, so each gets a key here.
    (known: readonly Listed[] = [], { subscribeEvents: event }): readonly Listed[] =>
      [{ key: (known[0]?.key ?? 0) + 1, event }, ...known].slice(0, 200),
  )
  if (error) return <p role="alert">{error.message}</p>
  return (
    <>
      {gaps > 0 && <p role="alert">{`Connection lost ${gaps} times: events of that time are missing here.`}</p>}
      <ol>
        {data?.map(({ key, event: { severity, description } }) => (
          <li key={key} data-severity={severity}>
            {`${severity}: ${description}`}
          </li>
        ))}
      </ol>
    </>
  )
}
