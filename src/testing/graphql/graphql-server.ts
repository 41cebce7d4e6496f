import type { FakeEnvironment } from '../network/environment.ts'
import type { FieldSource, RequestOrigin } from './field-source.ts'
import type { FakeSchema } from './schema.ts'

/** What the GraphQL transports need of the fake. */
export interface GraphqlServer extends FakeEnvironment {
  /** The schema of the present release. `become` replaces it, so read it anew each time. */
  readonly schema: FakeSchema
  /** By the name of the root field. */
  readonly sources: ReadonlyMap<string, FieldSource>
  /** Describes the request that an operation came by, at the time of the call. */
  readonly originOf: (url: URL) => RequestOrigin
}
