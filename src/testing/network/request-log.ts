import type { IncomingHttpHeaders } from 'node:http'

/** One HTTP request that the fake has seen, upgrades and SSE among them. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** What was answered: 101 for an upgrade that went through, 0 while (or if) nothing was. */
  readonly status: number
  /** When it was read, as `Date.now()` tells it. */
  readonly at: number
}

/** One try to open a live channel, whatever came of it. */
export interface Dial {
  readonly transport: 'websocket' | 'sse'
  readonly path: string
  /** When it was read, as `Date.now()` tells it. */
  readonly at: number
  readonly headers: IncomingHttpHeaders
}

/** What the fake has seen of its clients. Of each list the newest 10 000 are kept. */
export interface Stats {
  readonly requests: readonly SeenRequest[]
  readonly dials: readonly Dial[]
  /** WebSockets that are open now. */
  readonly openSockets: number
  /** SSE streams that are open now. */
  readonly openStreams: number
  /** GraphQL operations that run now, over all sockets. */
  readonly operations: number
  /** Every message that clients sent over WebSockets, parsed; as text where it is not JSON. */
  readonly received: readonly unknown[]
  /** The payload of the newest `connection_init`. */
  readonly lastConnectionInit: unknown
  /** Empties the lists; what is open stays counted. */
  reset(): void
}

const kept = 10_000

function keep<Item>(list: Item[], item: Item): void {
  list.push(item)
  if (list.length > 2 * kept) list.splice(0, kept)
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
    return this.#requests.slice(-kept)
  }

  get dials(): readonly Dial[] {
    return this.#dials.slice(-kept)
  }

  get received(): readonly unknown[] {
    return this.#received.slice(-kept)
  }

  /** Notes a request. Returns what notes its status. */
  request(seen: Omit<SeenRequest, 'status'>): (status: number) => void {
    const noted = { ...seen, status: 0 }
    keep(this.#requests, noted)
    return (status) => {
      noted.status = status
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
