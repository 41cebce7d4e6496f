import { callbackError } from '../base/callbacks.ts'
import { refuse, shown, wantNames } from '../base/checks.ts'
import { type EventCursor, loadPosition } from '../base/event-position.ts'
import { type EventsArguments, readEventsArguments } from '../client/events-arguments.ts'
import type { Meshery } from '../client/meshery.ts'
import type { Subscription } from '../client/subscription.ts'
import {
  firstPoint,
  firstPosition,
  handledBefore,
  maxRemembered,
  nextPosition,
  type ResumePoint,
  type ResumePosition,
  resumePoint,
  savedPosition,
} from '../cursor/resume-position.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { CursorWriter } from './cursor-writer.ts'
import { deliver } from './delivery.ts'
import { derivedId } from './event-id.ts'
import { Grace } from './grace.ts'
import type { RelayNotice } from './relay-notice.ts'
import type { DeadLetters, RelayEvent, Sink } from './sink.ts'

/** What a relay does with events. */
export interface RelaySettings {
  /** Where it sends them. The relay closes it at its end. */
  readonly to: Sink
  /** Where it remembers how far it has come. */
  readonly cursor: EventCursor
  /** Where it puts an event that the sink refuses. Default: nowhere; the relay ends with the error of the sink. */
  readonly deadLetters?: DeadLetters | undefined
  /** How often an event is sent before it is parked although a retry could succeed. Default: no limit. */
  readonly attempts?: number | undefined
  /** Ends the relay when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Receives everything that the relay reports, by `kind`. If it throws, the relay fails. */
  readonly onNotice?: ((notice: RelayNotice) => void) | undefined
}

/** How events are relayed. */
export interface RelayOptions extends RelaySettings {
  /** Which events. `since` counts only while the cursor has no position. Default: every event from now on. */
  readonly events?: EventsArguments | undefined
}

/**
 * Relays Meshery's events to a sink: at least once, in order. It waits for the sink before it sends the next event, moves its
 * cursor only past what was accepted or parked, and resumes there after a restart.
 *
 * Resolves when `signal` aborts or the client is closed.
 * @throws MesheryError INVALID_OPTION, also where the sink or the dead letters can never work; what ended the subscription; the
 * error of the sink when it refuses an event and there are no `deadLetters`, and when the receiver refuses its login. The error of the cursor when it cannot be loaded, or not saved at the start.
 * @example
 * ```ts
 * await relay(meshery, { to: httpSink({ url: 'https://hooks.example.com/meshery' }), cursor: fileCursor('relay.json') })
 * ```
 */
export async function relay(meshery: Meshery, options: RelayOptions): Promise<void> {
  const { events, ...settings } = readOptions(options)
  const start = await startRelay(settings.cursor, events)
  if (start.gap) noticeFunction(settings.onNotice)(start.gap)
  const subscription = meshery.subscribeEvents(
    { ...events, since: start.since },
    { signal: settings.signal, onNotice: settings.onNotice },
  )
  await relayEvents({ subscription, source: meshery.url, position: start.position }, settings)
}

function readOptions(options: RelayOptions): RelayOptions {
  wantNames('options', options, ['to', 'cursor', 'deadLetters', 'attempts', 'signal', 'onNotice', 'events'])
  const { attempts } = options
  if (attempts !== undefined && !(attempts >= 1)) refuse('attempts', shown(attempts), 'a number from 1')
  return options
}

/** Where a relay starts. */
export interface RelayStart extends ResumePoint {
  readonly position: ResumePosition
}

/**
 * Loads the cursor. If it has no position, saves the beginning, so that a crash before the first event loses nothing.
 * @throws MesheryError INVALID_OPTION
 */
export async function startRelay(cursor: EventCursor, events: EventsArguments = {}): Promise<RelayStart> {
  // A beginning that is refused must not be saved.
  readEventsArguments(events)
  const { since } = events
  const saved = await loadPosition(cursor)
  const now = Date.now()
  if (saved) {
    const position = savedPosition(saved)
    return { position, ...resumePoint(position, now) }
  }
  const position = firstPosition(since, now)
  await cursor.save(position)
  return { position, ...firstPoint(position, since, Date.now()) }
}

/** What is relayed. */
export interface Relayed {
  readonly subscription: Subscription<MesheryEvent>
  /** The address of the Meshery Server. */
  readonly source: string
  readonly position: ResumePosition
}

/** Relays the events of a subscription until it ends, or the signal aborts. Closes the sink and the dead letters. */
export async function relayEvents(relayed: Relayed, settings: RelaySettings): Promise<void> {
  const { to, deadLetters, attempts = Number.POSITIVE_INFINITY, onNotice } = settings
  const signal = settings.signal ?? new AbortController().signal
  const notify = noticeFunction(onNotice)
  const writer = new CursorWriter(settings.cursor, (error) => notify({ kind: 'cursor-not-saved', error }))
  const grace = new Grace(signal)
  const delivery = { sink: to, deadLetters, attempts, notify, signal, sending: grace.over }
  let { position } = relayed
  try {
    await to.open?.()
    await deadLetters?.open?.()
    for await (const item of relayEventsOf(relayed, () => position)) {
      if (!(await deliver(item, delivery))) break
      position = nextPosition(position, item, Date.now(), maxRemembered.relay)
      writer.save(position)
    }
  } finally {
    grace.end()
    // What failed before the first event was asked for has left it open.
    await relayed.subscription.close()
    await writer.flush()
    await to.close?.()
    await deadLetters?.close?.()
  }
}

const noticeFunction =
  (onNotice: RelaySettings['onNotice']) =>
  (notice: RelayNotice): void => {
    try {
      onNotice?.(notice)
    } catch (cause) {
      throw callbackError('The `onNotice` function', cause)
    }
  }

/** The events with their ids, without those that were sent before the restart. */
async function* relayEventsOf(
  { subscription, source }: Relayed,
  position: () => ResumePosition,
): AsyncGenerator<RelayEvent, void> {
  const wasSent = handledBefore(position())
  for await (const event of subscription) {
    if (wasSent(event)) continue
    const { sent } = position()
    const isSent = (id: string): boolean => sent.some((one) => one.id === id)
    if (event.id === null) yield { id: derivedId(event, isSent), event, source }
    else if (!isSent(event.id)) yield { id: event.id, event, source }
  }
}
