import { useEvents } from 'meshery-live/react'
import { useState } from 'react'

/** The events of the last hour, the newest first, perhaps only the errors. */
export const Events = () => {
  const [onlyErrors, setOnlyErrors] = useState(false)
  const { events, error, isLoading, retry, clear } = useEvents({
    since: '1h',
    ...(onlyErrors && { severity: ['error', 'critical', 'alert', 'emergency'] }),
  })
  return (
    <section>
      <label>
        <input type="checkbox" checked={onlyErrors} onChange={() => setOnlyErrors(!onlyErrors)} />
        Only errors
      </label>
      <button type="button" onClick={clear}>
        Clear
      </button>
      {error && (
        <p role="alert">
          {`${error.message} ${error.remedy}`}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      {isLoading && <p>Loading</p>}
      <ol>
        {[...events].reverse().map(({ key, severity, description }) => (
          <li key={key}>{`${severity}: ${description}`}</li>
        ))}
      </ol>
    </section>
  )
}
