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

  constructor(meshery: Meshery, ledger: Ledger, options: FollowerOptions) {
    this.name = options.name
    this.#options = options
    this.#ledger = ledger
    this.subscription = meshery.subscribeEvents(options.arguments, {
      onNotice: (notice) => {
        if (this.#closed && !(notice.kind === 'status' && notice.state === 'closed'))
          this.broken.push(`receives "${notice.kind}" after its close`)
        this.notices.push(notice)
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

  /** The events that should have come and have not. */
  missing(): readonly Entry[] {
    const known = new Set(this.received.map(({ operationID }) => operationID))
    const { wants, accepts = () => true } = this.#options
    return this.#ledger.all().filter((entry) => {
      if (entry.removed || entry.optional || known.has(entry.event.operationID) || !accepts(entry.event)) return false
      if (wants?.(entry)) return true
      // Below its starting point, a late row counts as stored before.
      return entry.order >= this.#readyAt && !(wants && entry.late)
    })
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

const shown = (event: MesheryEvent): string => (asPushed(event) ? 'as pushed' : 'as stored')

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? (error as MesheryError).code : undefined
