import type { Meshery, SubscribeOptions, Subscription } from 'meshery-live'
import { type Exchange, subscriptionExchange } from 'urql'

interface Sink {
  next(result: { readonly data: Record<string, unknown> }): void
  error(error: unknown): void
  complete(): void
}

async function pass(subscription: Subscription<Record<string, unknown>>, sink: Sink): Promise<void> {
  try {
    for await (const data of subscription) sink.next({ data })
    sink.complete()
  } catch (error) {
    sink.error(error)
  }
}

/** Sends subscriptions to Meshery over WebSocket. `onNotice` receives what is no data, such as a gap after a lost connection. */
export const mesheryExchange = (meshery: Meshery, { onNotice }: Pick<SubscribeOptions, 'onNotice'> = {}): Exchange =>
  subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe(sink) {
        const subscription = meshery.subscribe<Record<string, unknown>>(query, variables, { onNotice })
        void pass(subscription, sink)
        return { unsubscribe: () => void subscription.close() }
      },
    }),
  })
