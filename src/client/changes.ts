import { type ChangeOf, changesBetween } from './difference.ts'
import { asObservable } from './observable.ts'
import type { SubscriptionIterator } from './subscription.ts'
import { iteratorOf } from './until.ts'

/**
 * A state as what changes in it: the first value as `added` for each of its items, every later one as what differs from
 * the one before. List by list what is gone comes first, then what came or differs, in the order of the list.
 *
 * Known again are controllers by connection and controller, resources by cluster, namespace and kind, results by
 * `meshery_id`, components and relationships by name, and everything else by id. Of a page, what moves to another page
 * is `removed`: follow `{ all: true }` where that matters.
 *
 * ```ts
 * for await (const { kind, key, value } of changes(meshery.subscribeK8sContext({ all: true }))) {
 *   console.log(kind, key, value?.name)
 * }
 * ```
 *
 * It reads on only when everything before has been taken, so a slow reader misses values in between, but no difference.
 * Its end closes the subscription.
 * @throws MesheryError INVALID_OPTION when it is given no subscription; then what the subscription fails with.
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
      // What the lists of a value hold is known to its type alone.
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
