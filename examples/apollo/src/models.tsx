import { useSubscription } from '@apollo/client/react'
import { v0_8 } from 'meshery-live/documents'

/** How many models the registry has. The document goes to Meshery as it is: only releases before v1.0.56 answer it. */
export const Models = () => {
  const { data, error } = useSubscription(v0_8.MeshModelSummaryDocument, {
    variables: { selector: { type: 'components' } },
    fetchPolicy: 'no-cache',
  })
  if (error) return <p>{`Models: ${error.message}`}</p>
  return <p>{`Models: ${data?.subscribeMeshModelSummary.components?.length ?? 'not known yet'}`}</p>
}
