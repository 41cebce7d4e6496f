import { createMeshery } from 'meshery-live'
import {
  MesheryClientProvider,
  MesheryProvider,
  useConnectionStatus,
  useControllers,
  useEvents,
} from 'meshery-live/react'
import type { ReactElement } from 'react'

const Events = (): ReactElement => {
  const { events, error, isLoading } = useEvents({ since: '1h', limit: 50, onEvent: ({ id }) => console.log(id) })
  const { data: controllers } = useControllers()
  const { state } = useConnectionStatus()
  if (error) return <p>{`${error.code} ${error.remedy}`}</p>
  if (isLoading) return <p>{state}</p>
  return (
    <ul title={controllers?.[0]?.controller ?? ''}>
      {events.map(({ key, createdAt, description }) => (
        <li key={key}>{`${createdAt} ${description}`}</li>
      ))}
    </ul>
  )
}

const client = createMeshery()

export const pages: ReactElement[] = [
  <MesheryProvider key="own">
    <Events />
  </MesheryProvider>,
  <MesheryProvider key="options" options={{ url: 'http://localhost:9081', polling: { interval: 1_000 } }}>
    <Events />
  </MesheryProvider>,
  <MesheryProvider key="client" client={client}>
    <Events />
  </MesheryProvider>,
  <MesheryClientProvider key="only" client={client}>
    <Events />
  </MesheryClientProvider>,
]
