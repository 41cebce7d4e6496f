/**
 * Every GraphQL document of this package as a typed string, for clients that take text, as `@urql/core` and
 * `graphql-request` do, with the types of its data and its variables: `request(url, v0_8.PatternsNowDocument, variables)`.
 * A namespace a release line, as in the parsed documents, with the types of all data and variables. Needs no
 * `graphql` at run time.
 */
export type { Document } from './base/document.ts'
export * as v0_6 from './generated/v0.6.ts'
export * as v0_7 from './generated/v0.7.ts'
export * as v0_8 from './generated/v0.8.ts'
export * as v1_0 from './generated/v1.0.ts'
