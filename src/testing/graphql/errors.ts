/** An error as gqlgen writes it, keys in its order. */
export interface WireError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** An error that a resolver throws to fail with GraphQL `extensions`. Any other error fails with its message alone. */
export class ResolverError extends Error {
  override readonly name = 'ResolverError'
  readonly extensions: Readonly<Record<string, unknown>>

  constructor(message: string, extensions: Readonly<Record<string, unknown>>) {
    super(message)
    this.extensions = extensions
  }
}

export const parseFailed = { code: 'GRAPHQL_PARSE_FAILED' } as const
export const validationFailed = { code: 'GRAPHQL_VALIDATION_FAILED' } as const
