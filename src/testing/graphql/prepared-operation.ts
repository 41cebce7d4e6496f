import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  executeSync,
  type GraphQLFieldResolver,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  type OperationTypeNode,
  visit,
} from 'graphql'
import { isRecord } from '../../base/checks.ts'
import type { FakeSchema } from './schema.ts'

/** A root field of an operation that a source resolves. */
export interface RootField {
  /** The alias, or the name. */
  readonly key: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** Whether its value is a list. */
  readonly isList: boolean
}

/** Gives the value of a root field. */
export type ResolveRoot = (field: RootField) => unknown

interface ValidOperation {
  readonly schema: FakeSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/** A valid operation with its variables, which `graphql` executes for each value of its source. */
export class PreparedOperation {
  readonly kind: OperationTypeNode
  /** The keys of all root fields, `__typename` and introspection included, in their order. */
  readonly keys: readonly string[]
  /** The root fields that a source resolves. */
  readonly fields: readonly RootField[]
  /** The keys of `__schema` and `__type`. */
  readonly introspectionKeys: ReadonlySet<string>
  /** The keys that the schema declares non-null. */
  readonly nonNullKeys: ReadonlySet<string>
  readonly #valid: ValidOperation

  constructor(valid: ValidOperation) {
    this.#valid = valid
    this.kind = valid.operation.operation
    const fields: RootField[] = []
    const { data } = this.executeSync((field) => {
      fields.push(field)
      return null
    })
    this.keys = Object.keys(data ?? {})
    this.fields = fields
    this.introspectionKeys = introspectionKeys(valid.document)
    const declared = valid.schema.declared.getRootType(this.kind)?.getFields() ?? {}
    this.nonNullKeys = new Set(fields.filter(({ name }) => isNonNullType(declared[name]?.type)).map(({ key }) => key))
  }

  /** Executes it once, with values that may come later. */
  async execute(resolveRoot: ResolveRoot): Promise<ExecutionResult> {
    return execute(this.#executionArgs(resolveRoot))
  }

  /** Executes it once, in this turn: a pushed value is sent before a fault of the same turn can cut the connection. */
  executeSync(resolveRoot: ResolveRoot): ExecutionResult {
    return executeSync(this.#executionArgs(resolveRoot))
  }

  #executionArgs(resolveRoot: ResolveRoot): Parameters<typeof execute>[0] {
    const { schema, document, operation, variables } = this.#valid
    const fieldResolver: GraphQLFieldResolver<unknown, unknown> = (parent, args, _, info) => {
      const { path, fieldName, returnType } = info
      const isRoot = path.prev === undefined
      if (isRoot) return resolveRoot({ key: String(path.key), name: fieldName, args, isList: isListType(returnType) })
      return isRecord(parent) && Object.hasOwn(parent, fieldName) ? parent[fieldName] : null
    }
    const operationName = operation.name?.value
    return { schema: schema.lenient, document, operationName, variableValues: variables, fieldResolver }
  }
}

function introspectionKeys(document: DocumentNode): ReadonlySet<string> {
  const keys = new Set<string>()
  visit(document, {
    Field({ name, alias }) {
      if (name.value === '__schema' || name.value === '__type') keys.add(alias?.value ?? name.value)
    },
  })
  return keys
}
