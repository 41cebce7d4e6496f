import type { ExecutionResult, GraphQLError } from 'graphql'
import { goJSON } from '../wire/go.ts'
import { ResolverError, type WireError } from './errors.ts'
import type { PreparedOperation } from './prepared-operation.ts'

/**
 * The payload of a result, as gqlgen writes it. It differs from what `graphql` gives:
 * - `errors` come first, without locations, in the order of the root fields;
 * - introspection is off: its fields are null beside an error;
 * - a root field that must not be null takes all of `data` with it in a query, and only itself in a subscription.
 */
export function encodeResult(prepared: PreparedOperation, { data, errors = [] }: ExecutionResult): string {
  if (!data) return encodeFailure(errors.map(wireErrorOf))
  const found: WireError[] = []
  const shown: Record<string, unknown> = {}
  let isLost = false
  for (const key of prepared.keys) {
    const isIntrospection = prepared.introspectionKeys.has(key)
    const value = isIntrospection ? null : data[key]
    const ofField = errors.filter(({ path }) => path?.[0] === key).map(wireErrorOf)
    const mustNotBeNull = value === null && prepared.nonNullKeys.has(key)
    if (isIntrospection) found.push({ message: 'introspection disabled', path: [key] })
    else if (mustNotBeNull && ofField.length === 0) found.push({ message: 'must not be null', path: [key] })
    found.push(...ofField)
    isLost ||= mustNotBeNull && prepared.kind !== 'subscription'
    shown[key] = value
  }
  const start = found.length === 0 ? '' : `"errors":${goJSON(found)},`
  return `{${start}"data":${goJSON(isLost ? null : shown)}}`
}

/** The payload of an operation that failed before it had data. */
export const encodeFailure = (errors: readonly WireError[]): string => `{"errors":${goJSON(errors)},"data":null}`

/** The error of a resolver, at its path. */
export const resolverError = (error: Error, path: readonly (string | number)[]): WireError => ({
  message: error.message,
  path,
  ...(error instanceof ResolverError ? { extensions: error.extensions } : {}),
})

/** What a resolver threw, as an error: gqlgen reports anything else as a panic. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('internal system error')

const wireErrorOf = ({ message, path = [], originalError }: GraphQLError): WireError =>
  resolverError(originalError ?? new Error(message), path)
