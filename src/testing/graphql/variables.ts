import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromASTUntyped,
} from 'graphql'
import { isRecord } from '../../base/checks.ts'
import { validationFailed, type WireError } from './errors.ts'

/** The values of the variables, or the error of the first variable that gqlgen refuses. */
export type Variables = { readonly values: Readonly<Record<string, unknown>> } | { readonly error: WireError }

/**
 * Reads the values of an operation's variables as gqlgen does. `graphql` cannot: it refuses a number for a `String`, which gqlgen
 * accepts, and its errors have neither the texts nor the paths of gqlgen. Unknown variables are ignored.
 */
export function readVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): Variables {
  const values: Record<string, unknown> = {}
  try {
    for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
      const name = variable.name.value
      const declared = typeFromAST(schema, type)
      if (!isInputType(declared)) continue
      const value = Object.hasOwn(given, name) ? given[name] : defaultValue && valueFromASTUntyped(defaultValue)
      const coerced = coerce(value, declared, ['variable', name])
      if (coerced !== undefined) values[name] = coerced
    }
  } catch (error) {
    if (error instanceof VariableError) return { error: error.wire }
    throw error
  }
  return { values }
}

type Path = readonly (string | number)[]

class VariableError extends Error {
  readonly wire: WireError

  constructor(message: string, path: Path) {
    super(message)
    this.wire = { message, path, extensions: validationFailed }
  }
}

/** The value that a resolver receives. @throws VariableError when the type does not accept it. */
function coerce(value: unknown, type: GraphQLInputType, path: Path): unknown {
  if (isNonNullType(type)) {
    if (value === undefined) throw new VariableError('must be defined', path)
    if (value === null) throw new VariableError('cannot be null', path)
    return coerce(value, type.ofType, path)
  }
  if (value === undefined || value === null) return value
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    return items.map((item, index) => coerce(item, type.ofType, [...path, index]))
  }
  if (isInputObjectType(type)) return coerceObject(value, type, path)
  if (isEnumType(type)) {
    if (typeof value === 'string' && type.getValue(value)) return value
    throw new VariableError(`${String(value)} is not a valid ${type.name}`, path)
  }
  return coerceScalar(value, type.name, path)
}

function coerceObject(value: unknown, type: GraphQLInputObjectType, path: Path): unknown {
  if (!isRecord(value)) throw new VariableError(`must be a ${type.name}, not a ${goKind(value)}`, path)
  const fields = type.getFields()
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key))
  if (unknown !== undefined) throw new VariableError('unknown field', [...path, unknown])
  const entries = Object.values(fields).map(({ name, type: fieldType }) => {
    const given = Object.hasOwn(value, name) ? value[name] : undefined
    return [name, coerce(given, fieldType, [...path, name])] as const
  })
  return Object.fromEntries(entries.filter(([, coerced]) => coerced !== undefined))
}

/** The kinds of Go that a scalar accepts. A number of JSON is a string there until a resolver needs it. */
const acceptedKinds: ReadonlyMap<string, readonly string[]> = new Map([
  ['String', ['string']],
  ['ID', ['string']],
  ['Boolean', ['bool']],
  ['Int', ['string']],
  ['Float', ['string']],
])

function coerceScalar(value: unknown, name: string, path: Path): unknown {
  const accepted = acceptedKinds.get(name)
  // gqlgen passes any value on to the scalars of the application.
  if (!accepted) return value
  const isNumber = name === 'Int' || name === 'Float'
  const kind = goKind(value)
  if (!accepted.includes(kind) || (isNumber && Number.isNaN(Number(value))))
    throw new VariableError(`cannot use ${kind} as ${name}`, path)
  if (isNumber) return Number(value)
  return name === 'Boolean' ? value : String(value)
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'object') return 'map'
  return typeof value === 'boolean' ? 'bool' : 'string'
}
