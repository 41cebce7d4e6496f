import { EventStream } from '../events/event-stream.ts'
import type { EventSubscriber } from '../events/event-subscriber.ts'
import { events as declaration, type MesheryEvent } from '../streams/events.ts'
import type { ClientContext, StreamModule } from './client.ts'
import { type EventsArguments, readEventsArguments } from './events-arguments.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/** Adds `subscribeEvents`. */
export const events: StreamModule<'subscribeEvents'> = {
  method: 'subscribeEvents',
  connect(context) {
    const shared = new SharedEvents(context)
    return (filter = {}, options = {}) => shared.subscribe(filter, options)
  },
}

/** All event subscriptions of a client share one stream. */
class SharedEvents {
  readonly #context: ClientContext
  #stream: EventStream<MesheryEvent> | undefined

  constructor(context: ClientContext) {
    this.#context = context
  }

  subscribe(filter: EventsArguments, options: SubscribeOptions): Subscription<MesheryEvent> {
    this.#context.check(options)
    const { beginning, accepts } = readEventsArguments(filter)
    const { limits, buffer: defaultBuffer } = this.#context.options
    const { buffer = defaultBuffer } = options
    const running = this.#stream
    const stream = running ?? this.#makeStream()
    let subscriber: EventSubscriber<MesheryEvent> | undefined
    const subscription = this.#context.follow<MesheryEvent>(options, {
      name: declaration.name,
      start: (notice) => {
        subscriber = stream.join({ buffer, bufferBytes: limits.bufferBytes, beginning, accepts, notice })
        return subscriber
      },
      end: () => {
        if (!stream.leave(subscriber)) this.#end(stream)
      },
    })
    if (!running) stream.start()
    return subscription
  }

  #makeStream(): EventStream<MesheryEvent> {
    const { limit, selection, http, options } = this.#context
    const { timeouts, attempts, settle, limits } = options
    limit.check()
    const stream = new EventStream(declaration, {
      ...selection,
      server: http,
      credentials: http.credentials,
      timeouts,
      policy: { attempts },
      settle,
      bufferBytes: limits.bufferBytes,
    })
    limit.add(stream)
    this.#stream = stream
    return stream
  }

  #end(stream: EventStream<MesheryEvent>): void {
    stream.close()
    this.#context.limit.delete(stream)
    if (this.#stream === stream) this.#stream = undefined
  }
}
