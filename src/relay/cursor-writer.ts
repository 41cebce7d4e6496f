import type { EventCursor } from '../base/event-position.ts'
import { isError } from '../base/thrown.ts'
import type { ResumePosition } from '../cursor/resume-position.ts'

/** Saves positions one after another. While a save runs, only the newest of the others waits: a slow disk slows nothing down. */
export class CursorWriter {
  readonly #cursor: EventCursor
  readonly #onError: (error: Error) => void
  #waiting: ResumePosition | undefined
  #running: Promise<void> | undefined
  /** The position whose save failed, if no later one was saved. */
  #unsaved: ResumePosition | undefined
  /** What the listener threw. */
  #failure: { readonly error: unknown } | undefined

  constructor(cursor: EventCursor, onError: (error: Error) => void) {
    this.#cursor = cursor
    this.#onError = onError
  }

  /** Returns at once. @throws what the listener threw at an error before. */
  save(position: ResumePosition): void {
    if (this.#failure) throw this.#failure.error
    this.#waiting = position
    this.#running ??= this.#run()
  }

  /** Resolves when everything is saved. What failed is tried once more. */
  async flush(): Promise<void> {
    await this.#running
    if (this.#unsaved) this.save(this.#unsaved)
    await this.#running
  }

  async #run(): Promise<void> {
    for (let position = this.#waiting; position; position = this.#waiting) {
      this.#waiting = undefined
      await this.#saveNow(position)
    }
    this.#running = undefined
  }

  async #saveNow(position: ResumePosition): Promise<void> {
    try {
      await this.#cursor.save(position)
      this.#unsaved = undefined
    } catch (error) {
      this.#unsaved = position
      this.#report(isError(error) ? error : new Error(String(error)))
    }
  }

  #report(error: Error): void {
    try {
      this.#onError(error)
    } catch (thrown) {
      // The next save throws it, where the relay can end by it.
      this.#failure = { error: thrown }
    }
  }
}
