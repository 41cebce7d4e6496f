import {
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
import { validationFailed, type WireError } from './graphql-errors.ts'

/** The values of an operation's variables, as gqlgen takes them: numbers pass for texts, unknown ones are ignored. */
export function readVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): { readonly values: Readonly<Record<string, unknown>>; readonly error?: WireError } {
  const values: Record<string, unknown> = {}
  for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value
    const declared = typeFromAST(schema, type)
    const value = Object.hasOwn(given, name) ? given[name] : defaultValue && valueFromASTUntyped(defaultValue)
    const complaint = isInputType(declared) ? complain(value, declared, ['variable', name]) : undefined
    if (complaint) return { values, error: complaint }
    if (value !== undefined) values[name] = value
  }
  return { values }
}

type Path = readonly (string | number)[]

const complaint = (message: string, path: Path): WireError => ({ message, path, extensions: validationFailed })

/** Says what is wrong with a value, if anything is. */
function complain(value: unknown, type: GraphQLInputType, path: Path): WireError | undefined {
  if (isNonNullType(type)) {
    if (value === undefined) return complaint('must be defined', path)
    if (value === null) return complaint('cannot be null', path)
    return complain(value, type.ofType, path)
  }
  if (value === undefined || value === null) return undefined
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    return first(items, (item, index) => complain(item, type.ofType, [...path, index]))
  }
  if (isInputObjectType(type)) {
    if (typeof value !== 'object' || Array.isArray(value)) return complaint(`must be a ${type.name}`, path)
    const given = new Map<string, unknown>(Object.entries(value))
    const fields = type.getFields()
    const unknown = [...given.keys()].find((key) => !Object.hasOwn(fields, key))
    if (unknown !== undefined) return complaint('unknown field', [...path, unknown])
    return first(Object.values(fields), (field) => complain(given.get(field.name), field.type, [...path, field.name]))
  }
  if (isEnumType(type)) {
    const known = typeof value === 'string' && type.getValue(value) !== null && type.getValue(value) !== undefined
    return known ? undefined : complaint(`${String(value)} is not a valid ${type.name}`, path)
  }
  return typeof value === 'object' && (type.name === 'String' || type.name === 'ID')
    ? complaint(`cannot use ${Array.isArray(value) ? 'slice' : 'map'} as ${type.name}`, path)
    : undefined
}

function first<Item>(
  items: readonly Item[],
  look: (item: Item, index: number) => WireError | undefined,
): WireError | undefined {
  for (const [index, item] of items.entries()) {
    const found = look(item, index)
    if (found) return found
  }
  return undefined
}
