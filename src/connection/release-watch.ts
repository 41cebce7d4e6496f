import { sleep } from '../base/abort.ts'

/** When the release is looked at after a reconnection until it is told, in milliseconds: at once, and later. */
const looks = [0, 2_000, 5_000]

/** Notices that the server became another release: what cannot be had from one says nothing of another. */
export class ReleaseWatch {
  readonly #ask: (signal: AbortSignal) => Promise<string | null>
  readonly #signal: AbortSignal
  /** The release when the watch began, or when it differed last. */
  #version: Promise<string | null> | undefined

  constructor(ask: (signal: AbortSignal) => Promise<string | null>, signal: AbortSignal) {
    this.#ask = ask
    this.#signal = signal
  }

  get isOn(): boolean {
    return this.#version !== undefined
  }

  begin(): void {
    this.#version ??= this.#ask(this.#signal)
  }

  /**
   * Looks whether the release differs. A new one shows only after the server was restarted, that is, after the present
   * transport was cut.
   */
  async differs(): Promise<boolean> {
    if (!this.#version) return false
    const before = await this.#version
    let version: string | null = null
    for (const wait of looks) {
      if (version === null) await sleep(wait, this.#signal)
      version ??= this.#signal.aborted ? null : await this.#ask(this.#signal)
    }
    if (this.#signal.aborted || version === null || version === before) return false
    this.#version = Promise.resolve(version)
    return true
  }
}
