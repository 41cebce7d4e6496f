import { isObject } from './checks.ts'
/**
 * A GraphQL document as text that knows the types of its data and its variables.
 *
 * It is a plain string at run time. The key is the one that typed documents use elsewhere, so `@urql/core` and
 * `graphql-request` infer the same types from it.
 */
export type Document<Data = unknown, Variables = unknown> = string & {
  readonly __apiType?: (variables: Variables) => Data
}

/** A document in a `String` object: the `TypedDocumentString` that code generators write in their string mode. */
export interface DocumentString<Data = unknown, Variables = unknown> {
  readonly length: number
  charAt(index: number): string
  valueOf(): string
  readonly __apiType?: (variables: Variables) => Data
}

/**
 * A parsed document, typed or not: what `parse` and `gql` give, and the `TypedDocumentNode` of code generators. Any
 * release of `graphql` will do, since only the text that it was parsed from is read.
 */
export interface ParsedDocument<Data = unknown, Variables = unknown> {
  readonly kind: string
  readonly definitions: readonly unknown[]
  readonly loc?: { readonly source: { readonly body: string } } | undefined
  readonly __apiType?: (variables: Variables) => Data
}

/** A document in any of the forms in which GraphQL clients keep one. */
export type AnyDocument<Data = unknown, Variables = unknown> =
  | Document<Data, Variables>
  | DocumentString<Data, Variables>
  | ParsedDocument<Data, Variables>

/**
 * What follows a document in a call: its variables, which may be left out where none is required, and options. A text without types takes
 * any variables.
 */
export type DocumentArguments<Variables, Options> =
  Record<never, never> extends Variables
    ? [variables?: Variables | undefined, options?: Options | undefined]
    : [variables: Variables, options?: Options | undefined]

/**
 * The text of a document: itself, or what it was parsed from. Undefined for anything else, for a blank text, and for a
 * parsed document without `loc`, as generators write it or `noLocation` leaves it: printing that takes `graphql`'s
 * `print`, and `textOf` loads none of it.
 */
export function textOf(document: unknown): string | undefined {
  // A subclass says so as well, and so does a `String` of another realm.
  const isText = Object.prototype.toString.call(document) === '[object String]'
  const text = isText ? String(document) : ['loc', 'source', 'body'].reduce(at, document)
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}

const at = (value: unknown, key: string): unknown => (isObject(value) ? Reflect.get(value, key) : undefined)
