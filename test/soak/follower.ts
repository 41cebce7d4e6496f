import { setTimeout as sleep } from 'node:timers/promises'
import type { EventsArguments, Meshery, MesheryError, MesheryEvent, Notice, Subscription } from '../../src/index.ts'
import type { StoredEvent } from '../../src/testing/index.ts'
import type { Entry, Ledger } from './ledger.ts'

export interface FollowerOptions {
  readonly name: string
  readonly arguments?: EventsArguments
  readonly buffer?: number
  /** Milliseconds that the reader rests after every tenth event. */
  readonly rest?: number
  /** The event that it begins after. If it is deleted before it was found, the subscription may fail. */
  readonly from?: Entry
  /** The stored events that it must get, besides those that come after it is ready. */
  readonly wants?: (entry: Entry) => boolean
  readonly accepts?: (event: StoredEvent) => boolean
}

/** One subscription of the run, with all that it received. */
export class Follower {
  readonly name: string
  readonly subscription: Subscription<MesheryEvent>
  readonly received: MesheryEvent[] = []
  readonly notices: Notice[] = []
  readonly finished: Promise<void>
  failure: unknown
  /** The laws that broke while it ran. */
  readonly broken: string[] = []
  readonly #options: FollowerOptions
  readonly #ledger: Ledger
  /** How many events there had been when it was ready; Infinity until then. */
  #readyAt = Number.POSITIVE_INFINITY
  #closed = false
  readonly #noticedAt: number[] = []
  readonly #known = new Set<string | null>()
  /** The stored events that had not come when it looked last, and how many events there were then. */
  readonly #open = new Set<Entry>()
  #looked = 0
  /** The fewest that were missing at once, and for how long there have been no fewer. */
  #fewest = Infinity
  #quietMs = 0
  #receivedAt = Number.NaN

  constructor(meshery: Meshery, ledger: Ledger, options: FollowerOptions) {
    this.name = options.name
    this.#options = options
    this.#ledger = ledger
    this.subscription = meshery.subscribeEvents(options.arguments, {
      onNotice: (notice) => {
        if (this.#closed && !(notice.kind === 'status' && notice.state === 'closed'))
          this.broken.push(`receives "${notice.kind}" after its close`)
        this.notices.push(notice)
        this.#noticedAt.push(performance.now())
      },
      ...(options.buffer !== undefined && { buffer: options.buffer }),
    })
    this.subscription.ready.then(
      () => {
        this.#readyAt = ledger.size
      },
      () => {},
    )
    this.finished = this.#read()
  }

  get closed(): boolean {
    return this.#closed
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.subscription.close()
  }

  /** The events that should have come and have not. Looks only at those that had not come when it looked before. */
  missing(): readonly Entry[] {
    for (const entry of this.#ledger.since(this.#looked)) this.#open.add(entry)
    this.#looked = this.#ledger.size
    for (const entry of this.#open) if (this.#isSettled(entry)) this.#open.delete(entry)
    return [...this.#open].filter((entry) => this.#owes(entry))
  }

  /** Whether the event has come, or need not come any more. */
  #isSettled(entry: Entry): boolean {
    const isGone = entry.removed || entry.optional || this.#known.has(entry.event.operationID)
    return isGone || this.#options.accepts?.(entry.event) === false
  }

  #owes(entry: Entry): boolean {
    const { wants } = this.#options
    // Below its starting point, a late row counts as stored before.
    return wants?.(entry) === true || (entry.order >= this.#readyAt && !(wants && entry.late))
  }

  /** For how long none of what is missing has come, with so many milliseconds more. */
  quietMs(more: number): number {
    const { length } = this.missing()
    this.#quietMs = length > 0 && length >= this.#fewest ? this.#quietMs + more : 0
    if (length < this.#fewest || length === 0) this.#fewest = length || Infinity
    return this.#quietMs
  }

  /** What it reported and received last, with the times as `since` shows them. */
  lastSteps(since: (at: number) => string): readonly string[] {
    const shownNotices = this.notices.map(
      (notice, index) => `${since(this.#noticedAt[index] ?? 0)} ${noticeText(notice)}`,
    )
    const state = `${this.missing().length} missing of ${this.received.length}, the last one after ${since(this.#receivedAt)}`
    return [`${this.name}: ${state}`, ...shownNotices.slice(-10).map((line) => `  ${line}`)]
  }

  /** The broken laws that the received events show. */
  problems(): readonly string[] {
    const failed = this.failure === undefined ? [] : [`failed: ${codeOf(this.failure)} ${String(this.failure)}`]
    const lost = this.#closed ? [] : this.missing()
    return [
      ...this.broken,
      ...failed,
      ...this.#unexpected(),
      ...this.#outOfOrder(),
      ...lost.map(({ event, order, late }) => `lost: ${event.description} (number ${order}${late ? ', late' : ''})`),
    ]
  }

  /** What was received and never there, received twice, or not asked for. */
  #unexpected(): readonly string[] {
    const found: string[] = []
    const seen = new Set<string>()
    for (const [index, event] of this.received.entries()) {
      const { operationID, description } = event
      // The fake's nonsense in the shape of an event has no operation.
      if (operationID === null) continue
      const entry = this.#ledger.of(event)
      if (!entry) found.push(`received what was never there: ${description}`)
      if (seen.has(operationID)) found.push(`received twice: ${description} (place ${index}, ${shown(event)})`)
      seen.add(operationID)
      if (entry && this.#options.accepts?.(entry.event) === false) found.push(`not asked for: ${description}`)
    }
    return found
  }

  /** Stored events that came after a later one. */
  #outOfOrder(): readonly string[] {
    const found: string[] = []
    let furthest: Entry | undefined
    for (const event of this.received) {
      const entry = event.operationID === null || asPushed(event) ? undefined : this.#ledger.of(event)
      if (!entry) continue
      if (furthest && !entry.late && this.#ledger.after(furthest, entry))
        found.push(`out of order: ${event.description} came after ${furthest.event.description}`)
      if (!furthest || this.#ledger.after(entry, furthest)) furthest = entry
    }
    return found
  }

  async #read(): Promise<void> {
    const { rest = 0 } = this.#options
    try {
      for await (const event of this.subscription) {
        if (this.#closed) this.broken.push(`received after its close: ${event.description}`)
        this.received.push(event)
        this.#known.add(event.operationID)
        this.#receivedAt = performance.now()
        if (rest > 0 && this.received.length % 10 === 0) await sleep(rest)
      }
    } catch (error) {
      if (this.#options.from?.removed && codeOf(error) === 'SINCE_UNKNOWN') this.#closed = true
      else this.failure = error
    }
  }
}

/** Delivered without its row: what the ledger pushes is marked. */
export const asPushed = ({ metadata }: MesheryEvent): boolean => metadata?.['pushed'] === true

/** A notice in one line. */
const noticeText = (notice: Notice): string =>
  JSON.stringify(notice, (_, value: unknown) => (value instanceof Error ? String(value) : value)).slice(0, 300)

const shown = (event: MesheryEvent): string => (asPushed(event) ? 'as pushed' : 'as stored')

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? (error as MesheryError).code : undefined
