import { release } from './abort.ts'

/**
 * One delay at a time. A new start replaces the delay before it. It does not keep the process alive: an open subscription
 * does, by `Platform.hold`.
 */
export class Timer {
  #id: ReturnType<typeof setTimeout> | undefined

  get isRunning(): boolean {
    return this.#id !== undefined
  }

  /** Calls `action` once after `delayMs`, unless `stop` or another `start` comes first. */
  start(delayMs: number, action: () => void): void {
    this.stop()
    this.#id = release(
      setTimeout(() => {
        this.#id = undefined
        action()
      }, delayMs),
    )
  }

  stop(): void {
    clearTimeout(this.#id)
    this.#id = undefined
  }
}
