import type { Platform } from '../../src/platform/platform.ts'

/** How many of the last requests are shown. */
const shown = 60

interface Request {
  readonly what: string
  readonly at: number
  result: string
}

/** What the clients of a run asked last: shown when events are missing. */
export class Trace {
  readonly #began = performance.now()
  readonly #requests: Request[] = []

  /** Milliseconds from the beginning of the run to a moment. */
  since(at: number): number {
    return Math.round(at - this.#began)
  }

  /** Records the requests of the client of that name. */
  watch(platform: Platform, client: string): Platform {
    return {
      ...platform,
      fetch: async (url, init) => {
        const { pathname, search } = new URL(url)
        const request = { what: `${client}: ${pathname}${search}`, at: performance.now(), result: 'no answer yet' }
        this.#requests.push(request)
        if (this.#requests.length > shown) this.#requests.shift()
        try {
          const response = await platform.fetch(url, init)
          request.result = `${response.status} after ${this.since(performance.now()) - this.since(request.at)} ms`
          return response
        } catch (error) {
          request.result = `${String(error)} after ${this.since(performance.now()) - this.since(request.at)} ms`
          throw error
        }
      },
    }
  }

  lines(): readonly string[] {
    return this.#requests.map(({ what, at, result }) => `${this.since(at)} ms, ${what}: ${result}`)
  }
}
