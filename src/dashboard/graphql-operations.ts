import { type DocumentNode, Kind, parse } from 'graphql'
import { isRecord } from '../base/checks.ts'

/** Why the dashboard refuses a GraphQL request. */
export const onlyQueries = 'The dashboard passes on GraphQL queries and subscriptions alone.'

/** A GraphQL request of known fields. */
export interface GraphqlRequest {
  readonly query: string
  readonly operationName?: unknown
  readonly variables?: unknown
}

/**
 * The GraphQL request in a JSON value, if every operation in it is a query or a subscription; else undefined. One that cannot be read
 * counts as one that writes, since the server may read it in another way. Other fields are dropped for the same reason: Go reads
 * `Query` as `query`.
 */
export function readOnlyRequest(value: unknown): GraphqlRequest | undefined {
  if (!isRecord(value)) return undefined
  const { query, operationName, variables } = value
  if (typeof query !== 'string' || !onlyReads(query)) return undefined
  return { query, ...(operationName !== undefined && { operationName }), ...(variables !== undefined && { variables }) }
}

const onlyReads = (query: string): boolean =>
  documentOf(query)?.definitions.every(
    (definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ||
      (definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== 'mutation'),
  ) === true

function documentOf(query: string): DocumentNode | undefined {
  try {
    return parse(query, { noLocation: true, maxTokens: 10_000 })
  } catch {
    // It is no GraphQL, or too much of it: the caller refuses it.
    return undefined
  }
}
