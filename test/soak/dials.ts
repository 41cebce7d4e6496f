import type { Platform } from '../../src/platform/platform.ts'

/** When each transport was dialled, seen where the package meets the platform. */
export class Dials {
  readonly #times = { websocket: [] as number[], sse: [] as number[] }

  get count(): number {
    return this.#times.websocket.length + this.#times.sse.length
  }

  watch(platform: Platform): Platform {
    return {
      ...platform,
      openSocket: (request) => {
        this.#times.websocket.push(performance.now())
        return platform.openSocket(request)
      },
      fetch: (url, init) => {
        if (url.endsWith('/subscribe')) this.#times.sse.push(performance.now())
        return platform.fetch(url, init)
      },
    }
  }

  /** Law 5. The clock of timers and the one here differ by less than two milliseconds. */
  problems(): readonly string[] {
    return Object.entries(this.#times).flatMap(([transport, times]) =>
      times.flatMap((time, index) => {
        const gap = time - (times[index - 1] ?? -Infinity)
        return gap < 498 ? [`${transport} was dialled twice within ${Math.round(gap)} ms`] : []
      }),
    )
  }
}
