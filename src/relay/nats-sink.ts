import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { refuse, wantNames, wantNumber } from '../base/checks.ts'
import { changedError, MesheryError } from '../base/errors.ts'
import { codeOf, isError } from '../base/thrown.ts'
import { natsError } from '../nats/nats-errors.ts'
import { type NatsStreamOptions, natsStreamOptionNames } from '../nats/nats-options.ts'
import { connectNats, loadNats } from '../nats/nats-packages.ts'
import { type NatsSettings, readNatsOptions } from '../nats/nats-settings.ts'
import { type Format, formatted } from './formats.ts'
import { subjectOf, takesSubject } from './nats-subject.ts'
import type { Sink } from './sink.ts'

/** Which stream of which NATS servers events are published to. A stream that does not exist is made; one that exists is used as it is. */
export interface NatsSinkOptions extends NatsStreamOptions {
  /** The payload. Default `json`. */
  readonly format?: Extract<Format, 'json' | 'cloudevents'> | undefined
  /**
   * How long a stream that is made remembers ids, in milliseconds: a relay may lag behind another one by as much, without
   * doubles. Default 86 400 000 (24 hours).
   */
  readonly duplicateWindowMs?: number | undefined
}

/**
 * Publishes each event to a stream of NATS JetStream and waits for the acknowledgement. `Nats-Msg-Id` is the id of the event, by
 * which the stream drops doubles: several relays may publish to one stream. Needs the packages `@nats-io/transport-node` and
 * `@nats-io/jetstream`. A login that the server refuses ends the relay with CREDENTIALS_REFUSED.
 * @throws MesheryError INVALID_OPTION
 */
export function natsSink(options: NatsSinkOptions): Sink {
  const settings = readOptions(options)
  const { format, subject, timeoutMs, stream, name } = settings
  let publisher: Publisher | undefined
  const connected = async (): Promise<Publisher> => {
    try {
      if (!publisher || publisher.connection.isClosed()) publisher = await openPublisher(settings)
      return publisher
    } catch (error) {
      throw loginError(error, settings)
    }
  }
  return {
    name,
    async open() {
      await loadNats()
    },
    async send(item) {
      const open = await connected()
      const data = formatted(item, format)
      checkSize(data, open.connection, name)
      const published = subjectOf(subject, item.event)
      // Another stream may take the same subject: then its acknowledgement would be for nothing.
      const sent = { msgID: item.id, timeout: timeoutMs, expect: { streamName: stream } }
      try {
        await open.client.publish(published, data, sent)
      } catch (error) {
        if (!isNotTaken(error)) throw publishError(error, settings)
        // The next attempt makes the stream if it was deleted.
        publisher = undefined
        throw await notTakenError(error, { open, settings, published })
      }
    },
    async close() {
      await publisher?.connection.close()
    },
  }
}

interface Publisher {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
}

interface Settings extends NatsSettings {
  readonly format: 'json' | 'cloudevents'
  readonly duplicateWindowMs: number
}

/** The relay retries: a connection that is lost is closed, and the next event makes another one. */
async function openPublisher(settings: Settings): Promise<Publisher> {
  const nats = await loadNats()
  const connection = await connectNats(settings)
  try {
    const manager = await nats.jetstreamManager(connection, { timeout: settings.timeoutMs })
    try {
      await manager.streams.info(settings.stream)
    } catch (error) {
      if (!isApiError(error, codes.streamNotFound)) throw error
      await makeStream(manager, settings, nats.nanos(settings.duplicateWindowMs))
    }
    return { connection, manager, client: nats.jetstream(connection, { timeout: settings.timeoutMs }) }
  } catch (error) {
    await connection.close()
    throw error
  }
}

async function makeStream(manager: JetStreamManager, settings: Settings, windowNs: number): Promise<void> {
  const { stream, subject, name } = settings
  try {
    await manager.streams.add({ name: stream, subjects: [`${subject}.>`], duplicate_window: windowNs })
  } catch (error) {
    if (!isApiError(error, codes.subjectsOverlap)) throw error
    throw new MesheryError('INVALID_OPTION', `${name}: another stream than ${stream} takes ${subject}.>`, {
      phase: 'options',
      remedy: 'Check `stream` and `subject`.',
      cause: error,
    })
  }
}

/** Codes of the JetStream API. */
const codes = { streamNotFound: 10_059, messageTooLarge: 10_054, otherStream: 10_060, subjectsOverlap: 10_065 }

const isApiError = (error: unknown, code: number): boolean => codeOf(error) === String(code)

/** What NATS allows for the headers of a message here, in bytes. */
const headerBytes = 1_024

function checkSize(data: string, { info }: NatsConnection, name: string): void {
  const bytes = Buffer.byteLength(data) + headerBytes
  const most = info?.max_payload ?? Number.POSITIVE_INFINITY
  if (bytes > most) throw tooLarge(`${bytes} bytes; ${name} takes ${most}`)
}

const tooLarge = (what: string, cause?: unknown): MesheryError =>
  new MesheryError('TOO_LARGE', `The event is too large: ${what}`, {
    phase: 'stream',
    remedy: 'Raise `max_payload` of the NATS server, or `max_msg_size` of the stream.',
    cause,
  })

const publishError = (error: unknown, settings: Settings): unknown =>
  isApiError(error, codes.messageTooLarge)
    ? tooLarge(`the stream of ${settings.name} refuses it`, error)
    : loginError(error, settings)

/** The error for a login that is refused, or may not publish; everything else is retried as it is. */
function loginError(error: unknown, settings: Settings): unknown {
  const known = natsError(error, settings)
  if (known.code !== 'CREDENTIALS_REFUSED') return error
  return changedError(known, {
    remedy: 'Check the user, the password or the credentials file, and that the user may publish and make the stream.',
  })
}

/** No stream stores what was published there, or another one does. A server that starts answers like that, too. */
const isNotTaken = (error: unknown): boolean =>
  isApiError(error, codes.otherStream) || (isError(error) && error.name === 'JetStreamNotEnabled')

interface NotTaken {
  readonly open: Publisher
  readonly settings: Settings
  /** The subject. */
  readonly published: string
}

/** An error that is not retried where the stream is there and does not store this subject. Closes the connection. */
async function notTakenError(error: unknown, { open, settings, published }: NotTaken): Promise<unknown> {
  const { stream, name } = settings
  try {
    const { config } = await open.manager.streams.info(stream)
    if (takesSubject(config.subjects ?? [], published)) return error
    return new MesheryError('SERVER_ERROR', `${name}: the stream ${stream} does not take ${published}`, {
      phase: 'stream',
      retryable: false,
      remedy: 'Add the subject to the stream, or check `stream` and `subject`.',
      cause: error,
    })
  } catch {
    // Whatever is wrong with the stream shows at the next attempt.
    return error
  } finally {
    await open.connection.close()
  }
}

const names = [...natsStreamOptionNames, 'format', 'duplicateWindowMs']

function readOptions(options: NatsSinkOptions): Settings {
  wantNames('options', options, names)
  const { format = 'json', duplicateWindowMs = 86_400_000 } = options
  if (format !== 'json' && format !== 'cloudevents') refuse('format', String(format), 'one of json, cloudevents')
  wantNumber('duplicateWindowMs', duplicateWindowMs, 100, true)
  return { ...readNatsOptions(options, 'meshery-live relay'), format, duplicateWindowMs }
}
