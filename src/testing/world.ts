import type { GraphQLSchema } from 'graphql'
import type { Events } from './events.ts'
import type { Part, Surroundings } from './part.ts'
import type { Manners } from './release.ts'
import type { Origin, Source } from './resolvers.ts'
import type { EventStore } from './store.ts'

/** All that one fake consists of, for its parts that answer. */
export interface World extends Surroundings {
  /** Changes when the fake becomes another release. */
  manners: Manners
  schema: GraphQLSchema
  readonly store: EventStore
  readonly events: Events
  /** What operations are told of the request that they came by, as of now. */
  readonly arrive: (url: URL) => Origin
  /** By the name of the root field. */
  readonly sources: Map<string, Source>
  /** All of the world but events. */
  readonly parts: Part[]
}
