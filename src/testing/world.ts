import type { GraphQLSchema } from 'graphql'
import type { Gatekeeper } from './auth.ts'
import type { Channels } from './channels.ts'
import type { Connections } from './connections.ts'
import type { Events } from './events.ts'
import type { Manners } from './release.ts'
import type { Source } from './resolvers.ts'
import type { Script } from './script.ts'
import type { Book } from './stats.ts'
import type { EventStore } from './store.ts'
import type { Timers } from './timers.ts'

/** All that one fake consists of, for its parts that answer. */
export interface World {
  /** Changes when the fake becomes another release. */
  manners: Manners
  schema: GraphQLSchema
  readonly clock: () => number
  readonly keepAlive: number
  readonly script: Script
  readonly timers: Timers
  readonly book: Book
  readonly store: EventStore
  readonly events: Events
  readonly gatekeeper: Gatekeeper
  readonly channels: Channels
  readonly connections: Connections
  /** By the name of the root field. */
  readonly sources: Map<string, Source>
}
