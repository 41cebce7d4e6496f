import type { ConsumerMessages, JetStreamManager, JsMsg, StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { onAbort } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import { loadNats } from './nats-packages.ts'
import type { Start } from './stream-history.ts'
import type { StreamMessage } from './stream-message.ts'
import type { StreamContent } from './stream-position.ts'

/** How long a pull waits for messages, in milliseconds. */
const pullMs = 30_000
/** How often the server says that it is there while there are no messages, in milliseconds. After two of them are missing, the reading ends. */
const heartbeatMs = 10_000
/** How long the server keeps a consumer that does not read, in milliseconds. */
const inactiveMs = 30_000

/** One stream over one connection. */
export interface StreamAccess {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly stream: string
}

export async function openStream(
  connection: NatsConnection,
  { stream, timeoutMs }: { readonly stream: string; readonly timeoutMs: number },
): Promise<StreamAccess> {
  const { jetstreamManager } = await loadNats()
  // The check would ask for figures of the account, which a user may not be allowed to see.
  const manager = await jetstreamManager(connection, { timeout: timeoutMs, checkAPI: false })
  return { connection, manager, stream }
}

/** What the stream has; undefined if it does not exist. */
export async function readContent({ manager, stream }: StreamAccess): Promise<StreamContent | undefined> {
  try {
    return contentOf(await manager.streams.info(stream))
  } catch (error) {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return undefined
    throw error
  }
}

/** Servers before 2.10 do not say their time. */
function contentOf({ created, ts, state }: StreamInfo): StreamContent {
  const { messages, first_seq, first_ts, last_seq, last_ts } = state
  return {
    created,
    firstSeq: messages > 0 ? first_seq : last_seq + 1,
    firstTimeMs: Date.parse(messages > 0 ? first_ts : last_ts),
    lastSeq: last_seq,
    nowMs: ts === undefined ? Date.now() : Date.parse(ts),
  }
}

/** The messages of a stream from a place on, by an ordered consumer. */
export interface StreamReading {
  /** How many messages there are from this place on. */
  readonly pending: number
  /** Ends when the signal aborts. @throws what ended it otherwise. */
  readonly messages: AsyncIterable<StreamMessage>
  /** Ends the reading, and has the consumer removed. */
  close(): void
}

export interface ReadingOptions {
  readonly start: Start
  /** How many messages the server may send ahead. */
  readonly prefetch: number
}

export async function readStream(
  { connection, manager, stream }: StreamAccess,
  { start, prefetch }: ReadingOptions,
  signal: AbortSignal,
): Promise<StreamReading> {
  const place =
    'next' in start ? { opt_start_seq: start.next } : { opt_start_time: new Date(start.timeMs).toISOString() }
  const consumer = await manager.jetstream().consumers.get(stream, { ...place, inactive_threshold: inactiveMs })
  const { num_pending: pending } = await consumer.info(true)
  const messages = await consumer.consume({
    max_messages: prefetch,
    expires: pullMs,
    idle_heartbeat: heartbeatMs,
    abort_on_missing_resource: true,
  })
  const forget = onAbort(signal, () => messages.stop())
  if (signal.aborted) messages.stop()
  void endOnTrouble(messages)
  return {
    pending,
    messages: messagesOf(messages, connection, signal),
    close() {
      forget()
      messages.stop()
      // The server removes it by itself after a while.
      consumer.delete().catch(() => {})
    },
  }
}

/** The package would wait and try again by itself. The retry loop of the subscription does, which reports it. */
async function endOnTrouble(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) {
    const problem = troubles.get(type)
    if (problem) messages.stop(new MesheryError(problem.code, problem.message, { phase: 'stream' }))
  }
}

const troubles: ReadonlyMap<
  string,
  { readonly code: 'CONNECTION_SILENT' | 'CONNECTION_LOST'; readonly message: string }
> = new Map([
  [
    'heartbeats_missed',
    { code: 'CONNECTION_SILENT', message: `The NATS server sent nothing for ${2 * heartbeatMs} ms` },
  ],
  ['consumer_deleted', { code: 'CONNECTION_LOST', message: 'The consumer was deleted' }],
  ['consumer_not_found', { code: 'CONNECTION_LOST', message: 'The consumer is gone' }],
  ['stream_not_found', { code: 'CONNECTION_LOST', message: 'The stream was deleted' }],
  ['no_responders', { code: 'CONNECTION_LOST', message: 'JetStream does not answer' }],
  ['reset', { code: 'CONNECTION_LOST', message: 'Messages were lost on the way' }],
])

async function* messagesOf(
  messages: ConsumerMessages,
  connection: NatsConnection,
  signal: AbortSignal,
): AsyncGenerator<StreamMessage, void> {
  for await (const message of messages) yield streamMessage(message)
  if (signal.aborted) return
  const error = connection.isClosed() ? await connection.closed() : undefined
  throw error instanceof Error
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
