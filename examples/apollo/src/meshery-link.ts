import { ApolloLink } from '@apollo/client'
import { getMainDefinition } from '@apollo/client/utilities/internal'
import { type DocumentNode, print } from 'graphql'
import type { Meshery } from 'meshery-live'
import { defer, from, map } from 'rxjs'

/** The subscription that a document asks for, such as `subscribeEvents`. */
function rootFieldOf(document: DocumentNode): string | undefined {
  const [field] = getMainDefinition(document).selectionSet.selections
  return field?.kind === 'Field' ? field.name.value : undefined
}

const wrappedAs = <Name extends string, Value>(name: Name, values: AsyncIterable<Value>) =>
  from(values).pipe(map((value) => ({ [name]: value })))

/** The data of a subscription, as Apollo Client expects it. */
function dataOf(meshery: Meshery, { query, variables, getContext }: ApolloLink.Operation) {
  const field = rootFieldOf(query)
  switch (field) {
    case 'subscribeEvents':
      return wrappedAs(field, meshery.subscribeEvents({ since: getContext()['since'] }))
    case 'subscribeMesheryControllersStatus':
      return wrappedAs(field, meshery.subscribeMesheryControllersStatus(variables))
    default:
      return from(meshery.subscribe<Record<string, unknown>>(print(query), variables))
  }
}

/**
 * Answers subscriptions by meshery-live. Events and controllers arrive on every release and over every transport, each event
 * once; `context: { since: '1h' }` begins earlier. Every other document goes to Meshery as it is, over WebSocket.
 */
export const createMesheryLink = (meshery: Meshery): ApolloLink =>
  new ApolloLink((operation) => defer(() => dataOf(meshery, operation)).pipe(map((data) => ({ data }))))
