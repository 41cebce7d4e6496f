// Changes or deletes events, many in one request, and knows what became of each.
import { isRecord } from '../base/checks.ts'
import { changedError, hasCode, MesheryError } from '../base/errors.ts'
import { events, type MesheryEvent } from '../streams/events.ts'
import type { EventStatus } from './arguments.ts'
import type { EventChanges } from './event-actions.ts'
import type { EventRequests, WriteRequest } from './event-requests.ts'
import { outcomeOf, statusOf } from './write-outcome.ts'

/** What is done to events. */
export interface ChangeKind {
  /** For errors, such as `marked as read`. */
  readonly done: string
  one(id: string): WriteRequest
  many(ids: readonly string[]): WriteRequest
  /** The status that the events have afterwards; undefined: they are gone. */
  readonly status?: EventStatus
}

export const statusChange = (status: EventStatus): ChangeKind => ({
  done: `marked as ${status}`,
  one: (id) => ({ method: 'PUT', path: `status/${id}`, body: { status } }),
  many: (ids) => ({ method: 'PUT', path: 'status/bulk', body: { ids, status } }),
  status,
})

export const deletion: ChangeKind = {
  done: 'deleted',
  one: (id) => ({ method: 'DELETE', path: id }),
  many: (ids) => ({ method: 'DELETE', path: 'bulk', body: { ids } }),
}

/** Ids in one request. */
const sliceSize = 100
/** After so many failures in a row, the rest is not tried one by one. */
const mostFailures = 3

/** One change of many events, under way. */
export class EventChange {
  readonly #requests: EventRequests
  readonly #kind: ChangeKind
  readonly #done: string[] = []
  readonly #missing: string[] = []
  readonly #unchanged: string[] = []
  readonly #unknown: string[] = []
  #error: MesheryError | undefined
  /** Whether the rest is not tried. */
  #isOver = false
  /** False once the server turned out to change events only one by one. */
  #hasBulk = true

  constructor(requests: EventRequests, kind: ChangeKind) {
    this.#requests = requests
    this.#kind = kind
  }

  /** @throws MesheryError the first error, with what became of each id in `details`. */
  async run(ids: readonly string[], signal: AbortSignal): Promise<EventChanges> {
    for (let at = 0; at < ids.length; at += sliceSize) {
      const slice = ids.slice(at, at + sliceSize)
      if (this.#isOver || signal.aborted) this.#unchanged.push(...slice)
      else if (slice.length > 1 && this.#hasBulk) await this.#changeMany(slice, signal)
      else await this.#changeEach(slice, signal)
    }
    const error = this.#error ?? (signal.aborted ? closedError(signal) : undefined)
    if (error && this.#done.length + this.#missing.length < ids.length) throw this.#explained(error, ids.length)
    return { done: this.#done, missing: this.#missing }
  }

  async #changeMany(ids: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const body = await this.#requests.write(this.#kind.many(ids), signal)
      // A release that takes `bulk` for an id answers with one event, of no id.
      if (isRecord(body) && this.#kind.status) this.#hasBulk = false
      else return this.#settle(ids, body)
    } catch (error) {
      const isMissing = hasCode(error, 'UNSUPPORTED')
      if (isMissing) this.#hasBulk = false
      else if (!(error instanceof MesheryError && statusOf(error) === 500)) return this.#fail(ids, error)
    }
    // What is repeated changes nothing more, and shows which event the server cannot change.
    await this.#changeEach(ids, signal)
  }

  async #changeEach(ids: readonly string[], signal: AbortSignal): Promise<void> {
    let failures = 0
    for (const id of ids) {
      if (this.#isOver || signal.aborted || failures === mostFailures) {
        this.#isOver = true
        this.#unchanged.push(id)
        continue
      }
      try {
        this.#settle([id], await this.#requests.write(this.#kind.one(id), signal))
        failures = 0
      } catch (error) {
        failures++
        this.#fail([id], error, error instanceof MesheryError && statusOf(error) === 500)
      }
    }
  }

  /** What an answer without an error says of these events. Since v1.0 it is empty. */
  #settle(ids: readonly string[], body: unknown): void {
    const { status } = this.#kind
    if (status === undefined || !(Array.isArray(body) || isRecord(body))) {
      this.#done.push(...ids)
      return
    }
    const rows = [body].flat().flatMap((row) => events.item(row, 'store') ?? [])
    const answered = new Map(rows.map((event) => [event.id?.toLowerCase(), event]))
    const kept = ids.filter((id) => this.#settleOne(id, answered.get(id), status))
    if (kept.length === 0) return
    const message = `The server answered without an error, and did not change ${kept.length} of ${ids.length} events`
    this.#fail(kept, new MesheryError('SERVER_ERROR', message, { phase: 'action' }), true)
  }

  /** Whether the event is there and was not changed. */
  #settleOne(id: string, event: MesheryEvent | undefined, status: EventStatus): boolean {
    if (event && event.status !== status) return true
    if (event) this.#done.push(id)
    else this.#missing.push(id)
    return false
  }

  #fail(ids: readonly string[], thrown: unknown, goesOn = false): void {
    if (!(thrown instanceof MesheryError)) throw thrown
    this.#error ??= thrown
    this.#isOver ||= !goesOn
    const list = outcomeOf(thrown) === 'unknown' ? this.#unknown : this.#unchanged
    list.push(...ids)
  }

  #explained(error: MesheryError, count: number): MesheryError {
    const lists = { done: this.#done, missing: this.#missing, unchanged: this.#unchanged, unknown: this.#unknown }
    const message = `${this.#done.length} of ${count} events were ${this.#kind.done}: ${error.message}`
    const remedy = this.#remedyOf(error)
    return changedError(error, {
      message,
      details: { ...error.details, ...lists },
      ...(remedy !== undefined && { remedy }),
    })
  }

  #remedyOf(error: MesheryError): string | undefined {
    const status = statusOf(error)
    if (status === 403) return 'Use an identity that may change these events.'
    if (status === 409)
      return 'Something else changes these events: list them again, and repeat what is still to be done.'
    if (this.#unknown.length === 0) return undefined
    return 'Repeat it for the ids in `details.unknown` and `details.unchanged`: nothing is done twice by that.'
  }
}

const closedError = ({ reason }: AbortSignal): MesheryError =>
  reason instanceof MesheryError
    ? reason
    : new MesheryError('CLOSED', 'The call was aborted', { phase: 'action', remedy: 'Nothing.', cause: reason })
