import { MesheryError } from '../base/errors.ts'
import type { GraphQLErrorShape } from './contract.ts'

const isError = (value: unknown): value is GraphQLErrorShape =>
  typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'

/** The errors of an answer that are errors in the sense of GraphQL; undefined when there is nothing of the kind. */
export const errorsOf = (value: unknown): readonly GraphQLErrorShape[] | undefined =>
  Array.isArray(value) && value.length > 0 ? value.filter(isError) : undefined

/**
 * Why an operation was refused: `UNSUPPORTED` when the schema of this release lacks something, else `GRAPHQL_ERROR`.
 * `details.errors` are the server's, redacted; `details.field` is the field that is missing, when it is one.
 */
export const graphqlFailure = (told: readonly GraphQLErrorShape[], redact: (text: string) => string): MesheryError => {
  const errors = errorsOf(JSON.parse(redact(JSON.stringify(told)))) ?? []
  const message = errors[0]?.message ?? 'no reason is given'
  // gqlgen's codes for what it rejects before it runs anything.
  const lacks = errors.some(({ extensions }) => /^GRAPHQL_(VALIDATION|PARSE)_FAILED$/.test(`${extensions?.['code']}`))
  const field = lacks && /Cannot query field "(\w+)"/.exec(message)?.[1]
  return new MesheryError(lacks ? 'UNSUPPORTED' : 'GRAPHQL_ERROR', `Meshery refuses the operation: ${message}`, {
    phase: 'subscribe',
    details: { errors, ...(field && { field }) },
  })
}
