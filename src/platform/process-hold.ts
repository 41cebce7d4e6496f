/** The longest interval that a timer can have, in milliseconds. */
const longestMs = 2 ** 31 - 1

/** Keeps the process alive while anything holds it. One timer for all: each takes memory, and there may be thousands of subscriptions. */
export class ProcessHold {
  #count = 0
  #timer: ReturnType<typeof setInterval> | undefined

  /** Holds the process until the returned function is called. */
  hold(): () => void {
    this.#timer ??= setInterval(() => {}, longestMs)
    this.#count++
    let isHeld = true
    return () => {
      if (isHeld) this.#letGo()
      isHeld = false
    }
  }

  #letGo(): void {
    this.#count--
    if (this.#count > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
