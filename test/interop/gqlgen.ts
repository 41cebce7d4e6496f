import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { limitMs } from '../limits.ts'
import { type ReservedPort, reservePort } from '../reserve-port.ts'

/** The state of the server (`GET /_test/state`). */
export interface State {
  /** Resolver contexts that have not ended, by field. */
  readonly live: Readonly<Record<string, number>>
  /** Resolvers that were ever started, by field. */
  readonly started: Readonly<Record<string, number>>
  readonly sockets: number
  readonly upgrades: number
  readonly protocols: readonly string[] | null
  readonly extension: string
  readonly mutations: number
  /** The payload of the last `connection_init`, where the server was asked to record it. */
  readonly init: Readonly<Record<string, unknown>> | null
  readonly events: number
  readonly goroutines: number
  /** Ended runs of load tests that wait for a subscriber to receive them. */
  readonly blocked: number
}

/** An object with the field names of REST of v0.8. */
export type RestRow = Readonly<Record<string, unknown>>

/** The data of the state streams. `created_at` and `updated_at` are now where a row leaves them out. */
export interface World {
  readonly contexts: readonly RestRow[]
  readonly controllers: readonly {
    readonly connectionID: string
    readonly controller: string
    readonly status: string
    readonly version: string
  }[]
  /** `cluster` is a Kubernetes server id. */
  readonly resources: readonly {
    readonly cluster: string
    readonly namespace: string
    readonly kind: string
    readonly count: number
    /** The REST summary leaves out resources without one. */
    readonly model?: string
  }[]
  readonly patterns: readonly RestRow[]
  readonly filters: readonly RestRow[]
  readonly profiles: readonly RestRow[]
  readonly results: readonly RestRow[]
  readonly components: readonly Registered[]
  readonly relationships: readonly Registered[]
}

/** A component or a relationship of the registry. */
export interface Registered {
  readonly id: string
  readonly kind: string
  readonly subType?: string
  readonly model: { readonly name: string; readonly version: string }
}

/** What can be changed while the server runs (`POST /_test/settings`). */
export interface Settings {
  readonly token?: string
  readonly nilIds?: boolean
  readonly push?: boolean
  readonly upgradeStatus?: number
  readonly upgradeBody?: string
  readonly location?: string
  readonly storeStatus?: number
}

/** A stored event with the field names of v0.8. */
export interface Row {
  readonly id: string
  readonly operation_id: string
  readonly description: string
  readonly severity: string
  readonly created_at: string
}

/** The fields that an event needs before Meshery accepts it. */
export const sample = {
  acted_upon: '4f1ac5f0-6d1d-4d4e-8b7a-0d5b2a9e2c11',
  action: 'create',
  category: 'connection',
  severity: 'informational',
  description: 'event',
} as const

const program = (): string => {
  const path = process.env['MESHERY_INTEROP_SERVER']
  if (path === undefined) throw new Error('MESHERY_INTEROP_SERVER is not set: run `npm run test:interop`')
  return path
}

/** Waits until `probe` returns a truthy value, and returns it. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  within: number = limitMs,
): Promise<NonNullable<T>> {
  const end = performance.now() + within
  for (;;) {
    const value = await probe()
    if (value) return value
    if (performance.now() > end) throw new Error(`after ${within} ms still not: ${what}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

/** One process of the gqlgen server. Disposing it kills the process. */
export class Gqlgen implements AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly socketUrl: string
  readonly #child: ChildProcess
  readonly #reserved: ReservedPort

  private constructor(child: ChildProcess, reserved: ReservedPort) {
    const { port } = reserved
    this.#child = child
    this.#reserved = reserved
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.socketUrl = `ws://127.0.0.1:${port}/api/system/graphql/query`
  }

  /**
   * Starts it on a port that it keeps, killed or not, until it is disposed of: a port of its own unless one is given. `flags` are
   * those of the server's command line.
   */
  static async start(flags: readonly string[] = [], given?: ReservedPort): Promise<Gqlgen> {
    const reserved = given ?? (await reservePort())
    const child = spawn(program(), ['-with-parent', '-port', String(reserved.port), ...flags], {
      stdio: ['pipe', 'pipe', process.env['MESHERY_INTEROP_VERBOSE'] ? 'inherit' : 'ignore'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const message: unknown = JSON.parse(line)
      if (typeof message === 'object' && message !== null && 'port' in message) return new Gqlgen(child, reserved)
    }
    throw new Error('the gqlgen server ended before it reported its port')
  }

  async #ask(path: string, init?: RequestInit): Promise<Response> {
    const answer = await fetch(this.url + path, init)
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer
  }

  async #post(path: string, body?: unknown): Promise<Response> {
    return this.#ask(path, body === undefined ? { method: 'POST' } : { method: 'POST', body: JSON.stringify(body) })
  }

  async state(): Promise<State> {
    return (await (await this.#ask('/_test/state')).json()) as State
  }

  /** Waits until a field has this many live resolvers. */
  async live(field: string, count: number): Promise<void> {
    await until(`${count} live ${field}`, async () => ((await this.state()).live[field] ?? 0) === count)
  }

  async set(settings: Settings): Promise<void> {
    await this.#post('/_test/settings', settings)
  }

  /** Makes the given events; without `store` or `push` they are not stored or not pushed. */
  async events(
    fields: object = {},
    how: { count?: number; age?: number; store?: boolean; push?: boolean } = {},
  ): Promise<Row[]> {
    const query = new URLSearchParams(Object.entries(how).map(([name, value]) => [name, String(value)]))
    return (await (await this.#post(`/_test/events?${query}`, { ...sample, ...fields })).json()) as Row[]
  }

  /** Passes one value to the subscriptions to `testFeed(name)`; resolves when it was taken. */
  async feed(name: string, value: string | number): Promise<void> {
    await this.#post(`/_test/feed/${name}?value=${value}`)
  }

  async endFeed(name: string): Promise<void> {
    await this.#post(`/_test/feed/${name}?end=true`)
  }

  /** Replaces the given parts; the streams of each receive the change. */
  async world(parts: Partial<World>): Promise<void> {
    await this.#post('/_test/world', parts)
  }

  /** Signals a change to the streams of a part so many times, though nothing changed. */
  async signal(
    part: 'contexts' | 'controllers' | 'patterns' | 'filters' | 'registry' | 'resources',
    times: number,
  ): Promise<void> {
    await this.#post(`/_test/signal/${part}?times=${times}`)
  }

  /**
   * A load test ends: its result is stored, its profile counts it. Resolves when one subscriber to profiles and one to
   * results have received it, at once where none has ever subscribed.
   */
  async finishRun(result: RestRow): Promise<RestRow> {
    return (await (await this.#post('/_test/runs', result)).json()) as RestRow
  }

  /** Cancels the request context of every socket, which closes it with 1000 "terminated". */
  async cancel(): Promise<void> {
    await this.#post('/_test/cancel')
  }

  async release(): Promise<void> {
    await this.#post('/_test/release')
  }

  /** Stops listening at once and exits after so many milliseconds, as a graceful stop does. */
  async shutdown(ms: number): Promise<void> {
    await this.#post(`/_test/shutdown?ms=${ms}`)
  }

  /** Stops the process in place: its sockets remain open and send nothing. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends the process with SIGKILL and waits for its end. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.#reserved[Symbol.dispose]()
  }
}
