import { EventStream } from '../events/event-stream.ts'
import type { EventSubscriber } from '../events/event-subscriber.ts'
import type { SubscriberOptions } from '../events/subscriber-options.ts'
import { events as declaration, type MesheryEvent } from '../streams/events.ts'
import type { ClientContext, StreamModule } from './client.ts'
import { readEventsArguments } from './events-arguments.ts'

/** Adds `subscribeEvents`. All event subscriptions of a client share one stream. */
export const events: StreamModule<'subscribeEvents'> = {
  method: 'subscribeEvents',
  connect(context) {
    let shared: EventStream<MesheryEvent> | undefined
    return (filter = {}, options = {}) => {
      context.check(options)
      const { beginning, accepts } = readEventsArguments(filter)
      const { source } = filter
      const { name } = declaration
      const { limits } = context.options
      const { buffer = context.options.buffer } = options
      const subscriberOptions = (
        notice: SubscriberOptions<MesheryEvent>['notice'],
      ): SubscriberOptions<MesheryEvent> => ({
        buffer,
        bufferBytes: limits.bufferBytes,
        beginning,
        accepts,
        notice,
      })
      if (source)
        return context.follow(options, {
          name,
          start: (notice) => source(subscriberOptions(notice), context),
          end() {},
        })
      const running = shared
      const stream = running ?? makeStream(context)
      shared = stream
      let subscriber: EventSubscriber<MesheryEvent> | undefined
      const subscription = context.follow<MesheryEvent>(options, {
        name,
        start: (notice) => {
          subscriber = stream.join(subscriberOptions(notice))
          return subscriber
        },
        end: () => {
          if (stream.leave(subscriber)) return
          stream.close()
          context.limit.delete(stream)
          if (shared === stream) shared = undefined
        },
      })
      if (!running) stream.start()
      return subscription
    }
  },
}

function makeStream({ limit, selection, http, options }: ClientContext): EventStream<MesheryEvent> {
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
  return stream
}
