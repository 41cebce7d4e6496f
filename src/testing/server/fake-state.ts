import type { FieldSource } from '../graphql/field-source.ts'
import type { GraphqlServer } from '../graphql/graphql-server.ts'
import type { FakeSchema } from '../graphql/schema.ts'
import type { ReleaseProfile } from '../releases/release-profile.ts'
import type { Events } from '../resources/events/events.ts'
import type { FakeResource } from '../resources/fake-resource.ts'

/** Everything that one fake consists of. */
export interface FakeState extends GraphqlServer {
  /** `become` replaces it. */
  releaseProfile: ReleaseProfile
  /** `become` replaces it. */
  schema: FakeSchema
  readonly sources: Map<string, FieldSource>
  readonly events: Events
  /** All resources, events included. */
  readonly resources: FakeResource[]
}
