/**
 * A GraphQL document as text that knows the types of its data and its variables.
 *
 * It is a plain string at run time. The key is the one that typed documents use elsewhere, so `@urql/core` and
 * `graphql-request` infer the same types from it.
 */
export type Document<Data = unknown, Variables = unknown> = string & {
  readonly __apiType?: (variables: Variables) => Data
}
