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
      const { source } = filter
      const read = readEventsArguments(filter)
      const { limits, buffer } = context.options
      const subscriberOptions = (notice: SubscriberOptions<MesheryEvent>['notice']) => ({
        ...limits,
        ...read,
        buffer: options.buffer ?? buffer,
        notice,
      })
      if (source)
        return context.follow(options, {
          name: declaration.name,
          start: (notice) => source(subscriberOptions(notice), context),
          end() {},
        })
      const running = shared
      const stream = running ?? makeStream(context)
      shared = stream
      let subscriber: EventSubscriber<MesheryEvent> | undefined
      const subscription = context.follow<MesheryEvent>(options, {
        name: declaration.name,
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
  limit.check()
  const { credentials } = http
  const stream = new EventStream(declaration, {
    ...options,
    ...options.limits,
    ...selection,
    server: http,
    credentials,
    policy: { attempts: options.attempts, polls: true },
  })
  limit.add(stream)
  return stream
}
