import type { ConsumerMessages, JetStreamManager, JsMsg, StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { onAbort } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import { isError } from '../base/thrown.ts'
import { loadNats } from './nats-packages.ts'
import type { Start } from './stream-history.ts'
import type { StreamMessage } from './stream-message.ts'
import type { StreamContent } from './stream-position.ts'

/** How long a pull waits for messages, in milliseconds. */
const pullMs = 30_000
/**
 * How often the server says that it is there while there are no messages, in milliseconds; more often where it has less time to
 * answer. After two of them are missing, the reading ends.
 */
const longestHeartbeatMs = 10_000
/** How long the server keeps a consumer that does not read, in milliseconds. */
const inactiveMs = 30_000

/** One stream over one connection. */
export interface StreamAccess {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly stream: string
  readonly heartbeatMs: number
}

export async function openStream(
  connection: NatsConnection,
  { stream, timeoutMs }: { readonly stream: string; readonly timeoutMs: number },
): Promise<StreamAccess> {
  const { jetstreamManager } = await loadNats()
  // The check would ask for figures of the account, which a user may not be allowed to see.
  const manager = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false })
  return { connection, manager, stream, heartbeatMs: Math.min(longestHeartbeatMs, 2 * timeoutMs) }
}

/** What the stream has; undefined if it does not exist. */
export async function readContent({ manager, stream }: StreamAccess): Promise<StreamContent | undefined> {
  try {
    return contentOf(await manager.streams.info(stream))
  } catch (error) {
    if (isError(error) && error.name === 'StreamNotFoundError') return undefined
    throw error
  }
}

/** Servers before 2.10 do not say their time. After a restart some have forgotten that of a newest message that was removed: it is 1970 then. */
function contentOf({ created, ts, state }: StreamInfo): StreamContent {
  const { messages, first_seq, first_ts, last_seq, last_ts } = state
  const nowMs = ts === undefined ? Date.now() : Date.parse(ts)
  const lastMs = Date.parse(last_ts)
  const isLastKnown = lastMs > 0
  const emptiedMs = isLastKnown ? lastMs : nowMs
  return {
    created,
    firstSeq: messages > 0 ? first_seq : last_seq + 1,
    firstTimeMs: messages > 0 ? Date.parse(first_ts) : emptiedMs,
    lastSeq: last_seq,
    lastTime: isLastKnown ? nanosOf(last_ts) : undefined,
    nowMs,
  }
}

/** Nanoseconds since 1970 of an RFC 3339 time, which has up to nine digits of a second. */
function nanosOf(time: string): bigint {
  const [digits = '', fraction = ''] = /\.(\d+)/.exec(time) ?? []
  const seconds = Date.parse(time.replace(digits, '')) / 1_000
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}

/** The messages of a stream from a place on, by an ordered consumer. */
export interface StreamReading {
  /** How many messages there are from this place on. */
  readonly pending: number
  /** The sequence number of the first of them; of the next one where there is none. */
  readonly firstSeq: number
  /**
   * Ends when the signal aborts, and when the server has nothing to send before `caughtUp` was called: then what was pending was
   * removed. @throws what ended it otherwise.
   */
  readonly messages: AsyncIterable<StreamMessage>
  /** Nothing is pending any more: from now on it waits for new messages. */
  caughtUp(): void
  /** Ends the reading, and has the consumer removed. */
  close(): void
}

export interface ReadingOptions {
  readonly start: Start
  /** How many messages the server may send ahead. */
  readonly prefetch: number
}

export async function readStream(
  { connection, manager, stream, heartbeatMs }: StreamAccess,
  { start, prefetch }: ReadingOptions,
  signal: AbortSignal,
): Promise<StreamReading> {
  const place =
    'next' in start ? { opt_start_seq: start.next } : { opt_start_time: new Date(start.timeMs).toISOString() }
  const consumer = await manager.jetstream().consumers.get(stream, { ...place, inactive_threshold: inactiveMs })
  const { num_pending: pending, delivered } = await consumer.info(true)
  const messages = await consumer.consume({
    max_messages: prefetch,
    expires: pullMs,
    idle_heartbeat: heartbeatMs,
    abort_on_missing_resource: true,
  })
  const forget = onAbort(signal, () => messages.stop())
  if (signal.aborted) messages.stop()
  const ending = { isBehind: true, isEmptied: false }
  void endOnTrouble(messages, heartbeatMs, ending)
  return {
    pending,
    firstSeq: delivered.stream_seq + 1,
    messages: messagesOf(messages, connection, () => signal.aborted || ending.isEmptied),
    caughtUp() {
      ending.isBehind = false
    },
    close() {
      forget()
      messages.stop()
      // The server removes it by itself after a while.
      consumer.delete().catch(() => {})
    },
  }
}

/** How a reading ends while the connection works. */
interface Ending {
  /** Messages are pending. */
  isBehind: boolean
  /** They were removed. */
  isEmptied: boolean
}

/**
 * The package would wait and try again by itself. The retry loop of the subscription does, which reports it.
 * Heartbeats come while the server has nothing to send.
 */
async function endOnTrouble(messages: ConsumerMessages, heartbeatMs: number, ending: Ending): Promise<void> {
  for await (const { type } of messages.status()) {
    const problem = troubles.get(type)
    if (problem) messages.stop(new MesheryError(problem.code, problem.textFor(heartbeatMs), { phase: 'stream' }))
    if (type !== 'heartbeat' || !ending.isBehind) continue
    ending.isEmptied = true
    messages.stop()
  }
}

interface Trouble {
  readonly code: 'CONNECTION_SILENT' | 'CONNECTION_LOST'
  textFor(heartbeatMs: number): string
}

const lost = (text: string): Trouble => ({ code: 'CONNECTION_LOST', textFor: () => text })

const troubles: ReadonlyMap<string, Trouble> = new Map([
  [
    'heartbeats_missed',
    { code: 'CONNECTION_SILENT', textFor: (heartbeatMs) => `The NATS server sent nothing for ${2 * heartbeatMs} ms` },
  ],
  ['consumer_deleted', lost('The consumer was deleted')],
  ['consumer_not_found', lost('The consumer is gone')],
  ['stream_not_found', lost('The stream was deleted')],
  ['no_responders', lost('JetStream does not answer')],
  ['reset', lost('Messages were lost on the way')],
])

async function* messagesOf(
  messages: ConsumerMessages,
  connection: NatsConnection,
  isEnded: () => boolean,
): AsyncGenerator<StreamMessage, void> {
  for await (const message of messages) yield streamMessage(message)
  if (isEnded()) return
  const error = connection.isClosed() ? await connection.closed() : undefined
  throw isError(error)
    ? error
    : new MesheryError('CONNECTION_LOST', 'The connection to NATS was closed', { phase: 'stream' })
}

const streamMessage = ({ subject, headers, data, seq, timestampNanos, info }: JsMsg): StreamMessage => ({
  subject,
  id: headers?.get('Nats-Msg-Id') || null,
  data,
  seq,
  time: timestampNanos,
  pending: info.pending,
})
