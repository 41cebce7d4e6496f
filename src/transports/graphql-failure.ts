import { isRecord } from '../base/checks.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { Redactor } from '../credentials/redactor.ts'
import type { GraphQLErrorShape } from './contract.ts'

const isError = (value: unknown): value is GraphQLErrorShape => isRecord(value) && typeof value['message'] === 'string'

/** The errors of an answer, without secrets, that are errors in the sense of GraphQL; undefined when there are none. */
export const errorsOf = (value: unknown, secrets: Redactor): readonly GraphQLErrorShape[] | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const errors = secrets.value(value)
  return Array.isArray(errors) ? errors.filter(isError) : undefined
}

/**
 * Why an operation was refused: `UNSUPPORTED` when the schema of this release lacks something, else `GRAPHQL_ERROR`.
 * `details.errors` are the server's; `details.field` or `details.argument` is what is missing, when it is one.
 */
export const graphqlFailure = (errors: readonly GraphQLErrorShape[], phase: ErrorPhase = 'subscribe'): MesheryError => {
  const [{ message, path } = { message: 'no reason is shown' }] = errors
  const lacks = errors.some(isLack)
  const [, field, argument] = (lacks && /Cannot query field "(\w+)"|Unknown argument "(\w+)"/.exec(message)) || []
  // Of a wrong variable only the path says which.
  const where = Array.isArray(path) && path[0] === 'variable' ? ` (at \`${path.join('.')}\`)` : ''
  const text = `Meshery refuses the operation: ${message}${where}`
  return new MesheryError(lacks ? 'UNSUPPORTED' : 'GRAPHQL_ERROR', text, {
    phase,
    details: { errors, ...(field && { field }), ...(argument && { argument }) },
  })
}

/** Whether the schema lacks something: gqlgen rejects with these codes before it runs anything. Wrong variables, too. */
const isLack = ({ message, path, extensions }: GraphQLErrorShape): boolean =>
  /^GRAPHQL_(VALIDATION|PARSE)_FAILED$/.test(`${extensions?.['code']}`) &&
  (path?.[0] !== 'variable' || /unknown field/.test(message))
