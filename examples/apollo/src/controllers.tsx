import { useSubscription } from '@apollo/client/react'
import { v0_8 } from 'meshery-live/documents'

/** What Meshery's controllers are doing in each cluster. */
export const Controllers = () => {
  const { data, error } = useSubscription(v0_8.MesheryControllersStatusDocument, { fetchPolicy: 'no-cache' })
  if (error) return <p role="alert">{error.message}</p>
  const controllers = data?.subscribeMesheryControllersStatus ?? []
  return (
    <p role="status">{controllers.map(({ controller, status }) => `${controller} ${status}`).join(' · ') || 'none'}</p>
  )
}
