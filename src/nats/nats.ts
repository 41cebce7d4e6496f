import { wantNames } from '../base/checks.ts'
import type { EventSourceFunction } from '../client/event-source.ts'
import { type NatsStreamOptions, natsStreamOptionNames } from './nats-options.ts'
import { connectNats } from './nats-packages.ts'
import { readNatsOptions } from './nats-settings.ts'
import { NatsSubscriber } from './nats-subscriber.ts'
import { SharedConnection } from './shared-connection.ts'

/** How often the server is asked whether it is there, in milliseconds. After two pings without an answer the connection is lost. */
const pingMs = 20_000

/**
 * Lets `subscribeEvents` follow the events that relays wrote to a stream of NATS JetStream (`natsSink`, or the command `relay`). The
 * Meshery Server gets no request, however many follow. All subscriptions of one source share a connection. Needs the packages
 * `@nats-io/transport-node` and `@nats-io/jetstream`. Only in Node.
 * @throws MesheryError INVALID_OPTION
 * @example
 * ```ts
 * const source = nats({ servers: 'nats://localhost:4222' })
 * for await (const event of meshery.subscribeEvents({ source, since: '10m' })) console.log(event.description)
 * ```
 */
export function nats(options: NatsStreamOptions): EventSourceFunction {
  wantNames('options', options, natsStreamOptionNames)
  const { connection: given, ...more } = readNatsOptions(options, 'meshery-live')
  const settings = { ...more, connection: { ...given, pingInterval: pingMs, maxPingOut: 2 } }
  const connection = new SharedConnection(() => connectNats(settings))
  return (subscriberOptions, context) => {
    const subscriber = new NatsSubscriber({ settings, connection }, subscriberOptions, context)
    subscriber.start()
    return subscriber
  }
}
