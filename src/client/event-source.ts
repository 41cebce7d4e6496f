import type { SubscriberOptions } from '../events/subscriber-options.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { MesheryEvent } from '../streams/events.ts'
import type { SubscriptionSource } from './subscription.ts'

/** What an event source gets of the client. */
export interface EventSourceContext {
  readonly options: {
    /** `retry.attempts`. */
    readonly attempts: number
  }
  /** Its counts, and its diagnostics. */
  readonly http: Pick<HttpClient, 'counters' | 'diagnostics'>
}

/**
 * Where `subscribeEvents` follows events in place of the Meshery Server: what `nats` of `meshery-live/nats` gives. It is called
 * for each subscription.
 */
export type EventSourceFunction = (
  options: SubscriberOptions<MesheryEvent>,
  context: EventSourceContext,
) => SubscriptionSource<MesheryEvent>
