/**
 * Every GraphQL document of this package, parsed, for clients that want it so, as Apollo Client does:
 * `client.query({ query: v0_8.PatternsNowDocument, variables })`. A namespace a release line; `v0_8` is the canonical
 * one, and the others ask for its names by aliases, so that a document of the same name gives the same shape, less
 * what the line does not know; `v0_7` has only those that differ from `v0_8`. Pushed events share one nil id since v1.0: subscribe to them with
 * `fetchPolicy: 'no-cache'`.
 */
export * as v0_6 from './generated/v0.6-parsed.ts'
export * as v0_7 from './generated/v0.7-parsed.ts'
export type { TypedDocumentNode } from './generated/v0.8-parsed.ts'
export * as v0_8 from './generated/v0.8-parsed.ts'
export * as v1_0 from './generated/v1.0-parsed.ts'
