import type { Deferred } from '../base/abort.ts'
import { callbackError } from '../base/callbacks.ts'
import { MesheryError } from '../base/errors.ts'

/** What every subscriber has: a queue, a beginning and an end. */
interface Subscriber {
  readonly queue: { end(error?: unknown): void; cut(): void }
  readonly ready: Deferred<void>
  readonly ended: Deferred<void>
}

/** Ends a subscriber by an error, after what is queued. */
export function failSubscriber({ queue, ready, ended }: Subscriber, error: MesheryError): void {
  queue.end(error)
  ready.reject(error)
  ended.reject(error)
}

/** Ends a subscriber at once; nothing more is delivered. */
export function closeSubscriber({ queue, ready, ended }: Subscriber): void {
  queue.cut()
  ready.reject(new MesheryError('CLOSED', 'The subscription was closed before it was ready', { phase: 'stream' }))
  ended.resolve()
}

/** Whether the user's filter accepts the item; false after it failed. */
export function accepts<Item>(
  options: { accepts(item: Item): boolean },
  item: Item,
  fail: (error: MesheryError) => void,
): boolean {
  try {
    return options.accepts(item)
  } catch (cause) {
    fail(callbackError('The `where` function', cause))
    return false
  }
}
