import { MesheryError } from '../base/errors.ts'

/** Limits how many different operations a client follows at a time. */
export class OperationLimit {
  readonly #max: number
  readonly #running = new Set<unknown>()
  readonly #endUnused: (() => boolean)[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** How many are followed now. */
  get size(): number {
    return this.#running.size
  }

  /** @param endUnused Ends one operation that has no subscription left; returns whether there was one. */
  onFull(endUnused: () => boolean): void {
    this.#endUnused.push(endUnused)
  }

  /** @throws MesheryError TOO_MANY_OPERATIONS when no further operation may start. */
  check(): void {
    if (this.size < this.#max || this.#endUnused.some((endUnused) => endUnused())) return
    const message = `${this.size} different things are followed already`
    throw new MesheryError('TOO_MANY_OPERATIONS', message, { phase: 'options' })
  }

  add(operation: unknown): void {
    this.#running.add(operation)
  }

  delete(operation: unknown): void {
    this.#running.delete(operation)
  }
}
