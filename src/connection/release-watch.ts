import { sleep } from '../base/abort.ts'

/** When the release is read after a reconnection until the server says it, in milliseconds: at once, and later. */
const looksMs = [0, 2_000, 5_000]

type ReadRelease = (signal: AbortSignal) => Promise<string | null>

/** Notices that the server became another release, which may have transports and streams that the one before did not have. */
export class ReleaseWatch {
  readonly #read: ReadRelease
  readonly #signal: AbortSignal
  /** The release when the watch began, or when it differed last. */
  #release: Promise<string | null> | undefined

  /** @param read Resolves with null if the server does not say its release. */
  constructor(read: ReadRelease, signal: AbortSignal) {
    this.#read = read
    this.#signal = signal
  }

  begin(): void {
    this.#release ??= this.#read(this.#signal)
  }

  /** Whether the release differs. To be asked after a reconnection: a new release shows only after the server was restarted. */
  async differs(): Promise<boolean> {
    if (!this.#release) return false
    const before = await this.#release
    for (const waitMs of looksMs) {
      await sleep(waitMs, this.#signal)
      if (this.#signal.aborted) break
      const release = await this.#read(this.#signal)
      if (release === null) continue
      this.#release = Promise.resolve(release)
      return release !== before
    }
    return false
  }
}
