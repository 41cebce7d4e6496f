'use client'

import { MesheryProvider, useConnectionStatus, useControllers, useEvents } from 'meshery-live/react'

/** What happens in Meshery: the connection, the controllers, and the events of the last hour. */
export const Live = () => (
  <MesheryProvider>
    <Connection />
    <Events />
  </MesheryProvider>
)

const Connection = () => {
  const { state, transport } = useConnectionStatus()
  const { data: controllers } = useControllers()
  const running = controllers?.map(({ controller, status }) => `${controller} ${status}`).join(', ')
  return <p role="status">{[state, transport, running].filter(Boolean).join(' · ')}</p>
}

const Events = () => {
  const { events, error, isLoading, retry } = useEvents({ since: '1h', limit: 200 })
  if (error) {
    return (
      <p role="alert">
        {`${error.message} ${error.remedy}`}
        <button type="button" onClick={retry}>
          Try again
        </button>
      </p>
    )
  }
  if (isLoading) return <p>Loading</p>
  return (
    <ol>
      {[...events].reverse().map(({ key, severity, description }) => (
        <li key={key} data-severity={severity}>
          {`${severity}: ${description}`}
        </li>
      ))}
    </ol>
  )
}
