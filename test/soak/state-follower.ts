import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Meshery, Notice, Subscription } from '../../src/index.ts'
import { compare } from '../client/law-10-differences.ts'
import { codeOf } from './follower.ts'
import type { Following } from './state-kinds.ts'
import type { StateWorld } from './state-world.ts'

/** Possible errors of a first read while another server, or a gateway, answers in the place of Meshery. */
const strangers = new Set(['NOT_MESHERY', 'UNSUPPORTED', 'NO_TRANSPORT', 'TRANSPORT_UNAVAILABLE'])

/** One subscription to a state, with all that it received. */
export class StateFollower {
  readonly name: string
  readonly following: Following
  readonly subscription: Subscription<unknown>
  readonly values: unknown[] = []
  readonly finished: Promise<void>
  /** The claims that broke while it ran. */
  readonly broken: string[] = []
  #unknown: readonly string[] = []
  #failure: unknown
  #closed = false

  /** `rest`: milliseconds that the reader rests after each value. */
  constructor(meshery: Meshery, following: Following, { name, rest = 0 }: { name: string; rest?: number }) {
    this.name = `${name}: ${following.name}`
    this.following = following
    this.subscription = following.subscribe(meshery, { onNotice: (notice) => this.#receive(notice) })
    this.finished = this.#read(rest)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Whether it never began because another server answered in the place of Meshery. */
  get refused(): boolean {
    return this.values.length === 0 && strangers.has(codeOf(this.#failure) ?? '')
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.subscription.close()
  }

  /** The difference from the server's world; empty when there is none. */
  difference(world: StateWorld): string {
    const { status } = this.subscription
    // While it has nothing to follow it looks again at intervals, over no transport.
    const transport = status.state === 'polling' ? 'polling' : status.transport
    if ((status.state !== 'live' && status.state !== 'polling') || transport === null) return `is ${status.state}`
    const { name } = this.following
    const [truth, given] = [this.following.truth(world), this.values.at(-1)]
    const unknown = this.following.unknown(world)
    if (unknown.length > 0 && !isDeepStrictEqual(this.#unknown, unknown))
      return `reported that ${shown(this.#unknown)} are unknown, not ${shown(unknown)}`
    const conditions = world.linked ? ['link to the broker'] : []
    const compared = compare(name, { release: world.fake.release, transport, conditions }, truth, given)
    // The values that no table defines are known here: the order and the ids.
    const { expected, actual } = name === 'subscribeMeshModelSummary' ? { expected: truth, actual: given } : compared
    if (!isDeepStrictEqual(actual, expected)) return `has ${shown(actual)}, not ${shown(expected)}, over ${transport}`
    const ids = [idsOf(given), idsOf(compared.there)]
    return isDeepStrictEqual(ids[0], ids[1]) ? '' : `has the ids ${shown(ids[0])}, not of ${shown(ids[1])}`
  }

  problems(): readonly string[] {
    const problems = [...this.broken]
    if (this.#failure !== undefined && !this.refused) problems.push(`failed: ${String(this.#failure)}`)
    return problems.map((problem) => `${this.name}: ${problem}`)
  }

  /** Whether it is open and has not failed. */
  get open(): boolean {
    return !this.#closed && this.#failure === undefined
  }

  #receive(notice: Notice): void {
    if (this.#closed && !(notice.kind === 'status' && notice.state === 'closed'))
      this.broken.push(`receives "${notice.kind}" after its close`)
    if (notice.kind === 'unknown') this.#unknown = notice.ids.toSorted()
  }

  async #read(rest: number): Promise<void> {
    try {
      for await (const value of this.subscription) {
        if (this.#closed) this.broken.push(`received after its close: ${shown(value)}`)
        if (this.values.length > 0 && isDeepStrictEqual(value, this.values.at(-1)))
          this.broken.push(`received the same again (place ${this.values.length}): ${shown(value)}`)
        this.values.push(value)
        if (rest > 0) await sleep(rest)
      }
    } catch (error) {
      this.#failure = error
    }
  }
}

const idsOf = (value: unknown): unknown =>
  Array.isArray(value) ? value.map((one: { readonly connectionID?: unknown }) => one.connectionID) : undefined

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 700 ? `${text.slice(0, 700)}…` : text
}
