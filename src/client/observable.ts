/** The observer of an observable. */
interface Observer<T> {
  next?(value: T): void
  error?(error: unknown): void
  complete?(): void
}

/**
 * Adds the method by which RxJS and other libraries recognize an observable, to an iterable or to a prototype of some.
 * Without it they iterate, and after `unsubscribe` they still wait for the next value.
 */
export function asObservable<Items extends AsyncIterable<unknown>>(items: Items): Items {
  // Both: a library may define the symbol, at any time, and libraries loaded before that use the text.
  for (const key of ['@@observable', Reflect.get(Symbol, 'observable')])
    if (key !== undefined && !Object.hasOwn(items, key)) Object.defineProperty(items, key, { value: observable })
  return items
}

function observable(this: AsyncIterable<unknown>): unknown {
  return { subscribe: (observer: Observer<unknown>) => subscribe(this, observer) }
}

function subscribe<T>(items: AsyncIterable<T>, observer: Observer<T>): { unsubscribe(): void } {
  let iterator: AsyncIterator<T> | undefined
  let isOver = false

  const unsubscribe = (): void => {
    isOver = true
    // Not awaited: no observer is left to report the result to.
    iterator?.return?.().then(undefined, () => {})
  }
  const follow = async (): Promise<void> => {
    iterator = items[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await iterator.next()
      if (isOver || done) return
      observer.next?.(value)
    }
  }
  const complete = (): void => {
    if (!isOver) observer.complete?.()
  }
  const fail = (error: unknown): void => {
    if (isOver) return
    unsubscribe()
    // As observables do: an error without an observer for it is thrown, so that the host reports it.
    if (!observer.error) throw error
    observer.error(error)
  }
  void follow().then(complete, fail)
  return { unsubscribe }
}
