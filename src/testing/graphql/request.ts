import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  validate,
} from 'graphql'
import { isRecord } from '../../base/checks.ts'
import { parseFailed, validationFailed, type WireError } from './errors.ts'
import { PreparedOperation } from './prepared-operation.ts'
import type { FakeSchema } from './schema.ts'
import { singleFieldRule } from './single-field-rule.ts'
import { readVariables } from './variables.ts'

/** A GraphQL request, as it arrives over WebSocket, POST or GET. */
export interface GraphqlRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

/** So many texts that were valid are kept. */
const mostValid = 100

const rules = specifiedRules.map((rule) => (rule === SingleFieldSubscriptionsRule ? singleFieldRule : rule))

/** Reads a payload as a request. Undefined when it is no object. */
export function readRequest(payload: unknown): GraphqlRequest | undefined {
  if (!isRecord(payload)) return undefined
  const { query, operationName, variables } = payload
  return {
    query: typeof query === 'string' ? query : '',
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
    variables: isRecord(variables) ? variables : {},
  }
}

/** Parses and validates a request. Returns the operation, or the errors that gqlgen answers with. */
export function prepare(schema: FakeSchema, request: GraphqlRequest): PreparedOperation | readonly WireError[] {
  if (request.query.trim() === '') return [{ message: 'no operation provided', extensions: validationFailed }]
  const document = parsed(request.query)
  if (document instanceof GraphQLError) return [wireError(document, parseFailed)]
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (operations.length === 0) return [{ message: 'no operation provided', extensions: validationFailed }]
  const operation = chosenOperation(operations, request.operationName)
  if (operation && !schema.declared.getRootType(operation.operation)) return [unsupportedType(operation)]
  const errors = errorsIn(schema, request.query, document)
  if (errors.length > 0) return errors.map((error) => wireError(error, validationFailed))
  if (!operation) {
    return [{ message: `operation ${request.operationName ?? ''} not found`, extensions: validationFailed }]
  }
  const variables = readVariables(schema.declared, operation, request.variables)
  if ('error' in variables) return [variables.error]
  return new PreparedOperation({ schema, document, operation, variables: variables.values })
}

export const isPrepared = (prepared: PreparedOperation | readonly WireError[]): prepared is PreparedOperation =>
  prepared instanceof PreparedOperation

/** What is wrong with a document. A text that was valid is not validated again, which is most of the work. */
function errorsIn({ declared, valid }: FakeSchema, query: string, document: DocumentNode): readonly GraphQLError[] {
  if (valid.has(query)) return []
  const errors = validate(declared, document, rules)
  if (errors.length === 0) {
    const [oldest] = valid
    if (oldest !== undefined && valid.size >= mostValid) valid.delete(oldest)
    valid.add(query)
  }
  return errors
}

function parsed(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query)
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

function chosenOperation(
  operations: readonly OperationDefinitionNode[],
  name: string | undefined,
): OperationDefinitionNode | undefined {
  if (name === undefined) return operations.length === 1 ? operations[0] : undefined
  return operations.find((operation) => operation.name?.value === name)
}

function unsupportedType({ operation, loc }: OperationDefinitionNode): WireError {
  const { line = 1, column = 1 } = loc?.startToken ?? {}
  const message = `Schema does not support operation type "${operation}"`
  return { message, locations: [{ line, column }], extensions: validationFailed }
}

function wireError(error: GraphQLError, extensions: Readonly<Record<string, unknown>>): WireError {
  // Without the prefix of `graphql`, and without suggestions, which depend on the version of either library.
  const message = error.message.replace(/^Syntax Error: (.*?)\.?$/s, '$1').replace(/ Did you mean .*$/s, '')
  return { message, ...(error.locations ? { locations: [...error.locations] } : {}), extensions }
}
