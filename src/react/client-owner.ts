import type { Meshery, MesheryOptions } from '../surface.ts'

/** Makes the client of a provider at first use, and closes it a moment after the last provider has left. */
export class ClientOwner {
  readonly #create: (options: MesheryOptions) => Meshery
  readonly #options: MesheryOptions
  #client: Meshery | undefined
  #holders = 0
  #closeTimer: ReturnType<typeof setTimeout> | undefined

  constructor(create: (options: MesheryOptions) => Meshery, options: MesheryOptions) {
    this.#create = create
    this.#options = options
  }

  get client(): Meshery {
    this.#client ??= this.#create(this.#options)
    return this.#client
  }

  /** Keeps the client open until the result is called. */
  hold(): () => void {
    clearTimeout(this.#closeTimer)
    this.#holders++
    return () => {
      this.#holders--
      // StrictMode mounts again at once.
      if (this.#holders === 0) this.#closeTimer = setTimeout(() => this.#close(), 0)
    }
  }

  #close(): void {
    const client = this.#client
    this.#client = undefined
    void client?.close()
  }
}
