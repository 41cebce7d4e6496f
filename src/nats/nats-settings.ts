import type { ConnectionOptions } from '@nats-io/transport-node'
import { decodedPart } from '../base/basic-authorization.ts'
import { refuse, wantNumber } from '../base/checks.ts'
import type { NatsStreamOptions } from './nats-options.ts'

/** The options with every default in its place. */
export interface NatsSettings {
  /** The addresses, without a login. */
  readonly name: string
  readonly connection: ConnectionOptions
  readonly credentials: string | undefined
  readonly stream: string
  readonly subject: string
  readonly timeoutMs: number
  /** What must not be shown: passwords, a token, the credentials file. */
  readonly secrets: readonly string[]
}

/**
 * @param clientName What the server calls the connection.
 * @throws MesheryError INVALID_OPTION
 */
export function readNatsOptions(options: NatsStreamOptions, clientName: string): NatsSettings {
  const { stream = 'MESHERY', subject = 'meshery.events', credentials, timeoutMs = 5_000 } = options
  if (!/^[\w-]+$/.test(stream)) refuse('stream', 'no such name', 'letters, digits, - and _')
  if (!/^[\w-]+(\.[\w-]+)*$/.test(subject)) refuse('subject', 'no such subject', 'names joined by dots')
  wantNumber('timeoutMs', timeoutMs, 1, true)
  const urls = [options.servers].flat().map(readServer)
  const [first] = urls
  if (!first) return refuse('servers', 'an empty list', 'one or more addresses')
  const hosts = urls.map(({ host }) => host)
  const login = loginOf(first)
  const secrets = [login.pass, login.token, credentials].filter((one) => one !== undefined)
  return {
    name: `nats://${hosts.join(',')}`,
    connection: {
      servers: hosts,
      name: clientName,
      timeout: timeoutMs,
      reconnect: false,
      ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
      ...login,
    },
    credentials,
    stream,
    subject,
    timeoutMs,
    secrets,
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
function loginOf({ username, password }: URL): {
  readonly user?: string
  readonly pass?: string
  readonly token?: string
} {
  const [user, pass] = [decodedPart(username), decodedPart(password)]
  if (user === '') return {}
  return pass === '' ? { token: user } : { user, pass }
}
