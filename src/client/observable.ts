/** Who is told what an observable brings. */
interface Observer<T> {
  next?(value: T): void
  error?(error: unknown): void
  complete?(): void
}

/**
 * Lets RxJS and others that know observables take what is iterated, by the method that they look for: without it they
 * iterate, and after `unsubscribe` go on waiting for the next value.
 */
export function asObservable<Items extends AsyncIterable<unknown>>(items: Items): Items {
  const value = (): unknown => ({ subscribe: (observer: Observer<unknown>) => subscribe(items, observer) })
  // Whichever is there: some library may define the symbol, and those loaded before it know the text.
  for (const key of ['@@observable', Reflect.get(Symbol, 'observable')])
    if (key !== undefined) Object.defineProperty(items, key, { value })
  return items
}

function subscribe<T>(items: AsyncIterable<T>, observer: Observer<T>): { unsubscribe(): void } {
  let iterator: AsyncIterator<T> | undefined
  let over = false

  const unsubscribe = (): void => {
    over = true
    // Not waited for: there is nobody to tell how it went.
    iterator?.return?.().then(undefined, () => {})
  }
  const follow = async (): Promise<void> => {
    try {
      iterator = items[Symbol.asyncIterator]()
      for (;;) {
        const { done, value } = await iterator.next()
        if (over) return
        if (done) break
        observer.next?.(value)
      }
    } catch (error) {
      if (over) return
      unsubscribe()
      // As observables do: an error that nobody wants to hear is thrown where the host sees it.
      if (!observer.error) throw error
      return observer.error(error)
    }
    observer.complete?.()
  }
  void follow()
  return { unsubscribe }
}
