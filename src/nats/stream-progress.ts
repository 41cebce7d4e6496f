import { MesheryError } from '../base/errors.ts'
import type { Beginning } from '../events/store-reader.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { ReceivedEvents } from './received-events.ts'
import {
  type History,
  type HistoryStart,
  isNew,
  isTrimmedSince,
  judgeMessage,
  type Start,
  startOf,
  wholeStream,
} from './stream-history.ts'
import { eventIn, type StreamMessage } from './stream-message.ts'
import {
  endOf,
  type Found,
  type MessagePlace,
  moved,
  positionAt,
  positionAtEnd,
  readFrom,
  readToEnd,
  replaced,
  resumed,
  type StreamContent,
  type StreamPosition,
} from './stream-position.ts'

/** What a subscription asks for, and how it learns of what is lost. */
export interface ProgressOptions {
  readonly beginning: Beginning<MesheryEvent>
  /** The subject of the events; messages of other subjects are skipped. */
  readonly subject: string
  /** Events are lost; `count` is undefined where it cannot be known. */
  lost(count: number | undefined, why: LossReason): void
}

/**
 * Why events are lost: their messages were removed unread; the stream is another one; a message has no event in it; or the event to
 * begin after is not in the stream.
 */
export type LossReason = 'removed' | 'replaced' | 'unreadable' | 'missing'

/** What to do after a message: go on, or read from another place. */
export type Step = { readonly event?: MesheryEvent; readonly isNew?: boolean } | 'restart'

const nothing: Step = {}

const storedMsOf = ({ time }: MessagePlace): number => Number(time / 1_000_000n)

/** How far one subscription is in its stream, and which events it delivers. It waits for nothing and sends nothing. */
export class StreamProgress {
  readonly #options: ProgressOptions
  #beginning: Beginning<MesheryEvent>
  #received = new ReceivedEvents()
  #history: History = wholeStream
  #position: StreamPosition | undefined
  /** The time to begin at. */
  #startMs: number | undefined
  /** Whether it was reported that the beginning is missing. */
  #isTrimmed = false
  /** The event to begin after was not found. */
  #isPlaceMissing = false
  /** There was no stream when the subscription began: all that it will have is new. */
  #wasMissing = false
  #isReplaced = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#beginning = options.beginning
  }

  /** Whether the starting point is known. */
  get isReady(): boolean {
    return this.#position !== undefined && this.#history.kind !== 'after'
  }

  /** There is no stream yet. */
  missing(): void {
    if (!this.#position) this.#wasMissing = true
  }

  /** The stream is there. Returns where to read from. */
  begin(content: StreamContent): Start {
    if (!this.#position) return this.#startAt(this.#beginHistory(content).next)
    // All of a stream that was made after the subscription began belongs to it, whatever the times of its events.
    const isOther = content.created !== this.#position.created
    if (isOther && this.#history.kind !== 'after') this.#history = wholeStream
    const lastMissing = { seq: content.firstSeq - 1, time: endOf(content).time }
    this.#acceptBefore(lastMissing, this.#isReplaced ? replaced(content) : resumed(this.#position, content))
    this.#isReplaced = false
    return this.#startAt(readFrom(this.#position))
  }

  /**
   * Where reading begins at a time: this is the first message. `content` is what the stream had after that was known, since
   * messages may have been removed meanwhile.
   */
  located(next: number, content: StreamContent): void {
    if (!this.#position || this.#position.next !== undefined) return
    this.#position = { ...this.#position, next }
    this.#reportTrimmed(content)
  }

  /**
   * Takes the next message.
   * @throws MesheryError SINCE_UNKNOWN
   */
  take(message: StreamMessage): Step {
    if (!this.#position) return 'restart'
    const found = moved(this.#position, message)
    if (found === 'known') return nothing
    if (found === 'replaced') {
      this.#isReplaced = true
      return 'restart'
    }
    this.#acceptBefore(message, found)
    if (!message.subject.startsWith(`${this.#options.subject}.`)) return nothing
    const event = eventIn(message)
    if (event) return this.#takeEvent(message, event)
    if (this.#wants(message)) this.#options.lost(1, 'unreadable')
    return nothing
  }

  /**
   * Everything that the stream had was read, or is gone.
   * @throws MesheryError SINCE_UNKNOWN
   */
  caughtUp(content: StreamContent): 'restart' | undefined {
    if (this.#history.kind === 'after') return this.#beginAtTime(this.#history.wanted)
    if (this.#position) this.#acceptBefore(endOf(content), readToEnd(this.#position, content))
    return undefined
  }

  #startAt(next: number | undefined): Start {
    return next === undefined ? { timeMs: this.#startMs ?? 0 } : { next }
  }

  /** Moves on. What is missing up to this message counts only if it belongs to the subscription. */
  #acceptBefore(place: MessagePlace, found: Found): void {
    this.#accept(this.#wants(place) || found.lost === undefined ? found : { ...found, lost: 0 })
  }

  #wants(place: MessagePlace): boolean {
    const history = this.#history
    return isNew(history, place) || (history.kind === 'since' && storedMsOf(place) >= history.timeMs)
  }

  #takeEvent(message: StreamMessage, event: MesheryEvent): Step {
    const storedMs = storedMsOf(message)
    const createdMs = Date.parse(event.createdAt ?? '')
    const timeMs = Number.isNaN(createdMs) ? storedMs : createdMs
    const isFirst = this.#received.add({ id: message.id ?? event.id, storedMs, event })
    const history = this.#history
    const place = { seq: message.seq, time: message.time }
    const judgement = judgeMessage(history, { place, timeMs, event })
    // What was stored before that event does not belong to the subscription.
    if (judgement === 'found') this.#history = { kind: 'none', end: place }
    if (judgement === 'missing' && history.kind === 'after') return this.#beginAtTime(history.wanted)
    if (judgement !== 'deliver' || !isFirst) return nothing
    return { event, isNew: isNew(history, place) }
  }

  #beginHistory(content: StreamContent): StreamPosition {
    const isWhole = this.#wasMissing && this.#beginning.from === 'now'
    const { history, start }: HistoryStart = isWhole
      ? { history: wholeStream, start: { next: content.firstSeq } }
      : startOf(this.#beginning, content)
    this.#history = history
    this.#startMs = 'timeMs' in start ? start.timeMs : undefined
    const isAtEnd = this.#beginning.from === 'now' && !isWhole
    const position = isAtEnd
      ? positionAtEnd(content)
      : positionAt(content, 'next' in start ? Math.max(1, start.next) : undefined)
    this.#position = position
    this.#reportTrimmed(content)
    if (this.#isPlaceMissing && !this.#isTrimmed) this.#options.lost(undefined, 'missing')
    this.#isPlaceMissing = false
    return position
  }

  #reportTrimmed(content: StreamContent): void {
    if (this.#isTrimmed || this.#history.kind !== 'since') return
    this.#isTrimmed = isTrimmedSince(this.#history.timeMs, content)
    if (this.#isTrimmed) this.#options.lost(undefined, 'removed')
  }

  /** The event to begin after is not in the stream: begins at its time. */
  #beginAtTime({ label, at }: Extract<History, { readonly kind: 'after' }>['wanted']): 'restart' {
    const timeMs = Date.parse(at ?? '')
    if (Number.isNaN(timeMs))
      throw new MesheryError('SINCE_UNKNOWN', `${label}, after which to begin, is not in the stream`, {
        phase: 'store',
      })
    this.#beginning = { from: 'time', at: timeMs }
    this.#position = undefined
    this.#received = new ReceivedEvents()
    this.#isPlaceMissing = true
    return 'restart'
  }

  #accept({ position, lost }: Found): void {
    this.#position = position
    if (lost === undefined) this.#options.lost(undefined, 'replaced')
    else if (lost > 0) this.#options.lost(lost, 'removed')
  }
}
