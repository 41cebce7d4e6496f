import type { JetStreamClient } from '@nats-io/jetstream'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { refuse, wantNames, wantNumber } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { type Format, formatted } from './formats.ts'
import type { Sink } from './sink.ts'

/** Which stream of which NATS servers events are published to. */
export interface NatsSinkOptions {
  /** One or more addresses, such as `nats://nats:4222`. They may contain a user and a password, or a token. `tls://` asks for TLS. */
  readonly servers: string | readonly string[]
  /** The stream. It is made if it does not exist; one that exists is used as it is. Default `MESHERY`. */
  readonly stream?: string | undefined
  /** The category and action of the event follow it: `meshery.events.pattern.deploy`. Default `meshery.events`. */
  readonly subject?: string | undefined
  /** The payload. Default `json`. */
  readonly format?: Extract<Format, 'json' | 'cloudevents'> | undefined
  /** The text of a credentials file (`.creds`). */
  readonly credentials?: string | undefined
  /**
   * How long a stream that is made remembers ids, in milliseconds: a relay may lag behind another one by as much, without
   * doubles. Default 86 400 000 (24 hours).
   */
  readonly duplicateWindowMs?: number | undefined
  /** How long a server may take to connect or to acknowledge, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number | undefined
}

/**
 * Publishes each event to a stream of NATS JetStream and waits for the acknowledgement. `Nats-Msg-Id` is the id of the event, by
 * which the stream drops doubles: several relays may publish to one stream. Needs the packages `@nats-io/transport-node` and
 * `@nats-io/jetstream`.
 * @throws MesheryError INVALID_OPTION
 */
export function natsSink(options: NatsSinkOptions): Sink {
  const settings = readOptions(options)
  const { format, subject, timeoutMs, stream, name } = settings
  let publisher: Publisher | undefined
  const connected = async (): Promise<Publisher> => {
    if (!publisher || publisher.connection.isClosed()) publisher = await openPublisher(settings)
    return publisher
  }
  return {
    name,
    async open() {
      await loadNats()
    },
    async send(item) {
      const { connection, client } = await connected()
      const data = formatted(item, format)
      checkSize(data, connection, name)
      // Another stream may take the same subject: then its acknowledgement would be for nothing.
      const sent = { msgID: item.id, timeout: timeoutMs, expect: { streamName: stream } }
      try {
        await client.publish(subjectOf(subject, item.event), data, sent)
      } catch (error) {
        throw publishError(error, name)
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
}

interface Settings {
  readonly name: string
  readonly connection: ConnectionOptions
  readonly credentials: string | undefined
  readonly stream: string
  readonly subject: string
  readonly format: 'json' | 'cloudevents'
  readonly duplicateWindowMs: number
  readonly timeoutMs: number
}

/** The optional packages, loaded when they are wanted. */
async function loadNats() {
  try {
    const [transport, jetstream] = await Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')])
    return { ...transport, ...jetstream }
  } catch (cause) {
    throw new MesheryError('INVALID_OPTION', 'The packages for NATS cannot be loaded', {
      phase: 'options',
      remedy: 'Install them: `npm install @nats-io/transport-node @nats-io/jetstream`.',
      cause,
    })
  }
}

/** The relay retries: a connection that is lost is closed, and the next event makes another one. */
async function openPublisher({ connection: options, credentials, ...settings }: Settings): Promise<Publisher> {
  const nats = await loadNats()
  const authenticator =
    credentials === undefined ? {} : { authenticator: nats.credsAuthenticator(new TextEncoder().encode(credentials)) }
  const connection = await nats.connect({ ...options, ...authenticator })
  try {
    const manager = await nats.jetstreamManager(connection, { timeout: settings.timeoutMs })
    try {
      await manager.streams.info(settings.stream)
    } catch (error) {
      if (!isApiError(error, codes.streamNotFound)) throw error
      await manager.streams.add({
        name: settings.stream,
        subjects: [`${settings.subject}.>`],
        duplicate_window: nats.nanos(settings.duplicateWindowMs),
      })
    }
    return { connection, client: nats.jetstream(connection, { timeout: settings.timeoutMs }) }
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Codes of the JetStream API. */
const codes = { streamNotFound: 10_059, messageTooLarge: 10_054 }

const isApiError = (error: unknown, code: number): boolean =>
  error instanceof Error && 'code' in error && error.code === code

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

const publishError = (error: unknown, name: string): unknown =>
  isApiError(error, codes.messageTooLarge) ? tooLarge(`the stream of ${name} refuses it`, error) : error

const subjectOf = (subject: string, { category, action }: MesheryEvent): string =>
  [subject, token(category), token(action)].join('.')

/** A part of a subject, where dots, spaces and wildcards have a meaning. */
const token = (text: string | null): string => (text ?? '').replace(/[^\w-]/g, '_') || 'none'

const names = ['servers', 'stream', 'subject', 'format', 'credentials', 'duplicateWindowMs', 'timeoutMs']

function readOptions(options: NatsSinkOptions): Settings {
  wantNames('options', options, names)
  const { stream = 'MESHERY', subject = 'meshery.events', format = 'json', credentials } = options
  const { duplicateWindowMs = 86_400_000, timeoutMs = 5_000 } = options
  if (format !== 'json' && format !== 'cloudevents') refuse('format', String(format), 'one of json, cloudevents')
  if (!/^[\w-]+$/.test(stream)) refuse('stream', 'no such name', 'letters, digits, - and _')
  if (!/^[\w-]+(\.[\w-]+)*$/.test(subject)) refuse('subject', 'no such subject', 'names joined by dots')
  wantNumber('duplicateWindowMs', duplicateWindowMs, 100, true)
  wantNumber('timeoutMs', timeoutMs, 1, true)
  return {
    ...readServers(options.servers, timeoutMs),
    credentials,
    stream,
    subject,
    format,
    duplicateWindowMs,
    timeoutMs,
  }
}

function readServers(given: string | readonly string[], timeout: number): Pick<Settings, 'name' | 'connection'> {
  const urls = [given].flat().map(readServer)
  const [first] = urls
  if (!first) return refuse('servers', 'an empty list', 'one or more addresses')
  const hosts = urls.map(({ host }) => host)
  return {
    name: `nats://${hosts.join(',')}`,
    connection: {
      servers: hosts,
      name: 'meshery-live relay',
      timeout,
      reconnect: false,
      ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
      ...loginOf(first),
    },
  }
}

function readServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // Not what was given: it may have a password in it.
  if (!url || !/^(nats|tls):$/.test(url.protocol) || url.host === '')
    return refuse('servers', 'no such address', 'addresses such as nats://localhost:4222')
  return url
}

/** A user without a password is a token. */
function loginOf({ username, password }: URL): ConnectionOptions {
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  if (user === '') return {}
  return pass === '' ? { token: user } : { user, pass }
}
