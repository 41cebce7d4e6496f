import { v1_0 } from 'meshery-live/documents/text'
import { useSubscription } from 'urql'

type Statuses = Readonly<Record<string, string>>

const selector = { page: '0', pageSize: '25', search: '', order: '' }

/** What Meshery's controllers are doing. Meshery pushes everything first, then what has changed. */
export const Controllers = () => {
  const [contexts] = useSubscription({ query: v1_0.K8sContextDocument, variables: { selector } })
  const connectionIDs = contexts.data?.subscribeK8sContext.contexts.flatMap((context) => context?.connection_id ?? [])
  const [controllers] = useSubscription(
    // Meshery pushes nothing for a list that is missing or empty.
    { query: v1_0.MesheryControllersStatusDocument, variables: { connectionIDs }, pause: !connectionIDs?.length },
    (known: Statuses = {}, { subscribeMesheryControllersStatus: pushed }): Statuses => ({
      ...known,
      ...Object.fromEntries(
        pushed.map(({ connectionID, controller, status }) => [
          `${connectionID} ${controller}`,
          `${controller} ${status}`,
        ]),
      ),
    }),
  )
  const error = contexts.error ?? controllers.error
  if (error) return <p role="alert">{error.message}</p>
  return <p role="status">{Object.values(controllers.data ?? {}).join(' · ') || 'none'}</p>
}
