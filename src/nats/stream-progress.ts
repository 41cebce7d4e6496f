import { MesheryError } from '../base/errors.ts'
import type { Beginning } from '../events/store-reader.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { ReceivedEvents } from './received-events.ts'
import {
  type History,
  type HistoryStart,
  isTrimmedSince,
  judgeMessage,
  type Start,
  startOf,
  wholeStream,
} from './stream-history.ts'
import { eventIn, type StreamMessage } from './stream-message.ts'
import {
  type Found,
  moved,
  positionAt,
  readFrom,
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

/** Why events are lost: their messages were removed unread; the stream is another one; or a message has no event in it. */
export type LossReason = 'removed' | 'replaced' | 'unreadable'

/** What to do after a message: go on, or read from another place. */
export type Step = { readonly event?: MesheryEvent; readonly isNew?: boolean } | 'restart'

const nothing: Step = {}

const storedMsOf = ({ time }: StreamMessage): number => Number(time / 1_000_000n)

/** How far one subscription is in its stream, and which events it delivers. It waits for nothing and sends nothing. */
export class StreamProgress {
  readonly #options: ProgressOptions
  #beginning: Beginning<MesheryEvent>
  #received = new ReceivedEvents()
  #history: History = wholeStream
  #position: StreamPosition | undefined
  /** The time to begin at, until the first message was read. */
  #startMs: number | undefined
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
    if (!this.#position) this.#beginHistory(content)
    else {
      // All of a stream that was made after the subscription began belongs to it, whatever the times of its events.
      const isOther = content.created !== this.#position.created
      if (isOther && this.#history.kind === 'since') this.#history = wholeStream
      this.#accept(this.#isReplaced ? replaced(content) : resumed(this.#position, content))
    }
    this.#isReplaced = false
    const next = this.#position && readFrom(this.#position)
    return next === undefined ? { timeMs: this.#startMs ?? 0 } : { next }
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
    const isWanted = this.#wants(message)
    this.#accept(isWanted ? found : { ...found, lost: 0 })
    if (!message.subject.startsWith(`${this.#options.subject}.`)) return nothing
    const event = eventIn(message)
    if (event) return this.#takeEvent(message, event)
    if (isWanted) this.#options.lost(1, 'unreadable')
    return nothing
  }

  /**
   * Everything that the stream has was read.
   * @throws MesheryError SINCE_UNKNOWN
   */
  caughtUp(): 'restart' | undefined {
    return this.#history.kind === 'after' ? this.#beginAtTime(this.#history.wanted) : undefined
  }

  /** Whether what is missing before this message belongs to the subscription. */
  #wants(message: StreamMessage): boolean {
    const history = this.#history
    if (history.kind === 'all' || message.seq > history.lastSeq) return true
    return history.kind === 'since' && storedMsOf(message) >= history.timeMs
  }

  #takeEvent(message: StreamMessage, event: MesheryEvent): Step {
    const storedMs = storedMsOf(message)
    const createdMs = Date.parse(event.createdAt ?? '')
    const timeMs = Number.isNaN(createdMs) ? storedMs : createdMs
    const isFirst = this.#received.add({ id: message.id ?? event.id, storedMs, event })
    const history = this.#history
    const judgement = judgeMessage(history, { seq: message.seq, timeMs, event })
    if (judgement === 'found') this.#history = wholeStream
    if (judgement === 'missing' && history.kind === 'after') return this.#beginAtTime(history.wanted)
    if (judgement !== 'deliver' || !isFirst) return nothing
    return { event, isNew: history.kind === 'all' || message.seq > history.lastSeq }
  }

  #beginHistory(content: StreamContent): void {
    const { history, start }: HistoryStart =
      this.#wasMissing && this.#beginning.from === 'now'
        ? { history: wholeStream, start: { next: content.firstSeq } }
        : startOf(this.#beginning, content)
    this.#history = history
    this.#startMs = 'timeMs' in start ? start.timeMs : undefined
    this.#position = positionAt(content, 'next' in start ? Math.max(1, start.next) : undefined)
    if (history.kind === 'since' && isTrimmedSince(history.timeMs, content)) this.#options.lost(undefined, 'removed')
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
    return 'restart'
  }

  #accept({ position, lost }: Found): void {
    this.#position = position
    if (lost === undefined) this.#options.lost(undefined, 'replaced')
    else if (lost > 0) this.#options.lost(lost, 'removed')
  }
}
