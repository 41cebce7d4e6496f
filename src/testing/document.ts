import {
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  validate,
  valueFromASTUntyped,
} from 'graphql'
import { parseFailed, validationFailed, type WireError } from './graphql-errors.ts'
import { resolveSelection, type Slot } from './selection.ts'
import { readVariables } from './variables.ts'

/** An operation that may be run: its root fields, resolved. */
export interface Runnable {
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly fields: readonly RootField[]
}

export interface RootField {
  readonly slot: Slot
  readonly nullable: boolean
  readonly args: Readonly<Record<string, unknown>>
}

/** A GraphQL request, as it arrives over WebSocket, POST or GET. */
export interface GraphqlRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

// gqlgen lets several root fields pass here and refuses them when it runs the operation.
const rules = specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads a payload as a request. Undefined when it cannot be one. */
export function readRequest(payload: unknown): GraphqlRequest | undefined {
  if (!isRecord(payload)) return undefined
  const { query, operationName, variables } = payload
  return {
    query: typeof query === 'string' ? query : '',
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
    variables: isRecord(variables) ? variables : {},
  }
}

/** Parses, validates and resolves a request, with the errors that gqlgen has for it. */
export function prepare(schema: GraphQLSchema, request: GraphqlRequest): Runnable | readonly WireError[] {
  if (request.query.trim() === '') return [{ message: 'no operation provided', extensions: validationFailed }]
  const document = parsed(request.query)
  if (document instanceof GraphQLError) return [wire(document, parseFailed)]
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const operation = request.operationName
    ? operations.find((candidate) => candidate.name?.value === request.operationName)
    : operations[0]
  if (operation && !schema.getRootType(operation.operation)) {
    const message = `Schema does not support operation type "${operation.operation}"`
    return [{ message, locations: [at(operation)], extensions: validationFailed }]
  }
  const errors = validate(schema, document, rules)
  if (errors.length > 0) return errors.map((error) => wire(error, validationFailed))
  if (!operation) {
    return [{ message: `operation ${request.operationName ?? ''} not found`, extensions: validationFailed }]
  }
  const variables = readVariables(schema, operation, request.variables)
  if (variables.error) return [variables.error]
  const fragments = new Map(
    document.definitions.flatMap((definition): [string, FragmentDefinitionNode][] =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  return { kind: operation.operation, fields: rootFields(schema, operation, fragments, variables.values) }
}

export const isRunnable = (prepared: Runnable | readonly WireError[]): prepared is Runnable => 'kind' in prepared

function parsed(query: string): ReturnType<typeof parse> | GraphQLError {
  try {
    return parse(query)
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

function rootFields(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Readonly<Record<string, unknown>>,
): readonly RootField[] {
  const root = schema.getRootType(operation.operation)
  if (!root) return []
  const slots = resolveSelection(operation.selectionSet, root, { schema, fragments, variables })
  const nodes = new Map(
    operation.selectionSet.selections.flatMap((node) =>
      node.kind === Kind.FIELD ? [[node.alias?.value ?? node.name.value, node] as const] : [],
    ),
  )
  return slots.map((slot) => ({
    slot,
    nullable: !isNonNullType(root.getFields()[slot.field]?.type),
    args: Object.fromEntries(
      (nodes.get(slot.key)?.arguments ?? []).map((argument) => [
        argument.name.value,
        valueFromASTUntyped(argument.value, { ...variables }),
      ]),
    ),
  }))
}

const at = (node: OperationDefinitionNode): { line: number; column: number } => ({
  line: node.loc?.startToken.line ?? 1,
  column: node.loc?.startToken.column ?? 1,
})

function wire(error: GraphQLError, extensions: Readonly<Record<string, unknown>>): WireError {
  // Without graphql's own prefix, and without suggestions, which depend on the version of either library.
  const message = error.message.replace(/^Syntax Error: (.*?)\.?$/s, '$1').replace(/ Did you mean .*$/s, '')
  return { message, ...(error.locations ? { locations: [...error.locations] } : {}), extensions }
}
