import type { IncomingHttpHeaders } from 'node:http'

/** One HTTP request that the fake received, upgrades and SSE included. */
export interface SeenRequest {
  /** Such as `GET`. */
  readonly method: string
  /** Such as `/api/system/events`. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** The status of the answer: 101 for a completed upgrade, 0 while there is none. */
  readonly status: number
  /** The time of its arrival, by `Date.now()`. */
  readonly at: number
}

/** One attempt to open a live channel, successful or not. */
export interface Dial {
  readonly transport: 'websocket' | 'sse'
  /** Such as `/api/system/graphql/query`. */
  readonly path: string
  /** The time of its arrival, by `Date.now()`. */
  readonly at: number
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
}

/** What the fake received from its clients. Each list keeps the newest 10 000 entries. */
export interface Stats {
  /** HTTP requests, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** Attempts to open a live channel, oldest first. */
  readonly dials: readonly Dial[]
  /** WebSockets that are open now. */
  readonly openSockets: number
  /** SSE streams that are open now. */
  readonly openStreams: number
  /** GraphQL operations that run now, on all sockets together. */
  readonly operations: number
  /** Every message that clients sent over WebSockets, parsed; as text if it is not JSON. */
  readonly received: readonly unknown[]
  /** The payload of the newest `connection_init`. */
  readonly lastConnectionInit: unknown
  /** Empties the lists. The numbers of what is open stay. */
  reset(): void
}

const maxEntries = 10_000

function keep<Item>(list: Item[], item: Item): void {
  list.push(item)
  if (list.length > 2 * maxEntries) list.splice(0, maxEntries)
}

/** Keeps the `Stats`. */
export class RequestLog implements Stats {
  readonly #requests: SeenRequest[] = []
  readonly #dials: Dial[] = []
  readonly #received: unknown[] = []
  lastConnectionInit: unknown = undefined
  openSockets = 0
  openStreams = 0
  operations = 0

  get requests(): readonly SeenRequest[] {
    return this.#requests.slice(-maxEntries)
  }

  get dials(): readonly Dial[] {
    return this.#dials.slice(-maxEntries)
  }

  get received(): readonly unknown[] {
    return this.#received.slice(-maxEntries)
  }

  /** Records a request. Returns a function that records its status. */
  request(seen: Omit<SeenRequest, 'status'>): (status: number) => void {
    const recorded = { ...seen, status: 0 }
    keep(this.#requests, recorded)
    return (status) => {
      recorded.status = status
    }
  }

  dial(transport: Dial['transport'], path: string, headers: IncomingHttpHeaders): void {
    keep(this.#dials, { transport, path, at: Date.now(), headers })
  }

  message(message: unknown): void {
    keep(this.#received, message)
  }

  reset(): void {
    this.#requests.length = 0
    this.#dials.length = 0
    this.#received.length = 0
    this.lastConnectionInit = undefined
  }
}
