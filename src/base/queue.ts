type Waiter<T> = (result: IteratorResult<T, undefined> | Promise<IteratorResult<T, undefined>>) => void

/** What every queue has that was never used: two lists of its own would cost memory, and most queues stay empty. */
const empty: never[] = []

/**
 * A bounded queue between one writer and the reader of an async iterator.
 *
 * A ring, with a promise only where the reader waits: at full speed an item costs no more than its slot.
 */
export class Queue<T> {
  readonly limit: number
  readonly #most: number
  readonly #sizeOf: (item: T) => number
  /** Its length is 0, before the first item, or a power of two. */
  #ring: (T | undefined)[] = empty
  /** The sizes of the items, in the same places. */
  #sizes: number[] = empty
  #head = 0
  #size = 0
  #bytes = 0
  /** The reader that waits for the next item; as a rule there is one at most. */
  #waiter: Waiter<T> | undefined
  #others: Waiter<T>[] | undefined
  #onRoom: (() => void) | undefined
  #end: { readonly error?: unknown } | undefined

  /**
   * @param limit How many items may wait.
   * @param most How many bytes they may have together. One item may exceed it.
   * @param sizeOf How many bytes an item has; called for those that have to wait.
   */
  constructor(limit: number, most: number = Infinity, sizeOf: (item: T) => number = () => 0) {
    this.limit = limit
    this.#most = most
    this.#sizeOf = sizeOf
  }

  get size(): number {
    return this.#size
  }

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether a push would be refused for want of room. */
  get full(): boolean {
    return this.#size >= this.limit || this.#bytes >= this.#most
  }

  /** Adds the item; returns false if the queue is full or has ended. */
  push(item: T): boolean {
    if (this.#end) return false
    const waiter = this.#waiter
    if (waiter) {
      this.#waiter = this.#others?.shift()
      waiter({ done: false, value: item })
      return true
    }
    if (this.full) return false
    if (this.#size === this.#ring.length) this.#grow()
    const place = (this.#head + this.#size) & (this.#ring.length - 1)
    const bytes = this.#sizeOf(item)
    this.#ring[place] = item
    this.#sizes[place] = bytes
    this.#size++
    this.#bytes += bytes
    return true
  }

  /** Takes the oldest item out; waits for one when there is none. Rejects with the error at which the queue ended. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#size > 0) return Promise.resolve({ done: false, value: this.shift() as T })
    if (this.#end) return this.#ended()
    return new Promise((resolve) => {
      if (this.#waiter) {
        this.#others ??= []
        this.#others.push(resolve)
      } else this.#waiter = resolve
    })
  }

  /** Takes the oldest item out, if there is any. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const value = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#bytes -= this.#sizes[this.#head] ?? 0
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#size--
    // Half of it, so that a writer that waits for room is woken seldom and finds enough.
    if (this.#onRoom && this.#isHalfFree) this.#wake()
    return value
  }

  /** Resolves when at least half of the queue is free, or at its end. */
  room(): Promise<void> {
    if (this.#end || this.#isHalfFree) return Promise.resolve()
    return new Promise((resolve) => {
      const before = this.#onRoom
      this.#onRoom = () => {
        before?.()
        resolve()
      }
    })
  }

  /** Ends the queue after what is in it: the reader gets that first, then the error or the end. */
  end(error?: unknown): void {
    if (this.#end) return
    this.#end = error === undefined ? {} : { error }
    for (let waiter = this.#waiter; waiter; waiter = this.#others?.shift()) waiter(this.#ended())
    this.#waiter = this.#others = undefined
    this.#wake()
  }

  /** Ends the queue at once: what is in it is dropped, and nothing more is delivered. */
  cut(): void {
    this.#ring = this.#sizes = empty
    this.#head = this.#size = this.#bytes = 0
    if (this.#end) this.#end = {}
    else this.end()
  }

  get #isHalfFree(): boolean {
    return this.#size <= this.limit >> 1 && this.#bytes <= this.#most / 2
  }

  #ended(): Promise<IteratorResult<T, undefined>> {
    const end = this.#end
    if (end && 'error' in end) {
      // An error is thrown once; later calls find the end.
      this.#end = {}
      return Promise.reject(end.error)
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  #wake(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }

  #grow(): void {
    const inOrder = <Entry>(ring: Entry[]): Entry[] => ring.slice(this.#head).concat(ring.slice(0, this.#head))
    const items = inOrder(this.#ring)
    items.length = this.#ring.length * 2 || 16
    this.#sizes = inOrder(this.#sizes)
    this.#ring = items
    this.#head = 0
  }
}
