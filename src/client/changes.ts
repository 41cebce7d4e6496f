import { type ChangeOf, changesBetween } from './difference.ts'
import { asObservable } from './observable.ts'
import type { SubscriptionIterator } from './subscription.ts'
import { iteratorOf } from './until.ts'

/**
 * A state as the changes in it: the first value as `added` for each of its items, every later one as what differs from
 * the one before. List by list: first what is gone, then what came or differs, in the order of the list.
 *
 * Controllers are recognized by connection and controller, resources by cluster, namespace and kind, results by
 * `meshery_id`, components and relationships by name, and everything else by id. An item that moves to another page is
 * `removed`: follow `{ all: true }` where that matters.
 *
 * @example
 * ```ts
 * for await (const { kind, key, value } of changes(meshery.subscribeK8sContext({ all: true }))) {
 *   console.log(kind, key, value?.name)
 * }
 * ```
 *
 * The next value is read only when every change before it was taken, so a slow reader misses values in between, but no
 * change. Ending the iteration closes the subscription.
 * @throws MesheryError INVALID_OPTION when it is given no subscription; later, the error that the subscription fails with.
 */
export function changes<T>(subscription: AsyncIterable<T>): SubscriptionIterator<ChangeOf<T>> {
  const iterator = iteratorOf(subscription)
  let before: T | undefined
  let waiting: readonly ChangeOf<T>[] = []
  let at = 0
  let turn: Promise<unknown> = Promise.resolve()

  const next = async (): Promise<IteratorResult<ChangeOf<T>, undefined>> => {
    for (;;) {
      const value = waiting[at++]
      if (value !== undefined) return { done: false, value }
      const read = await iterator.next()
      if (read.done) return { done: true, value: undefined }
      // Only the type of the value says what its lists hold.
      waiting = changesBetween(before, read.value) as readonly ChangeOf<T>[]
      at = 0
      before = read.value
    }
  }
  return asObservable({
    next() {
      const result = turn.then(next)
      turn = result.catch(() => {})
      return result
    },
    async return() {
      waiting = []
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  })
}
