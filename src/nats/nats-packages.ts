import type { NatsConnection } from '@nats-io/transport-node'
import { MesheryError } from '../base/errors.ts'
import { closingSocketsOnFailure } from '../platform/opened-sockets.ts'
import type { NatsSettings } from './nats-settings.ts'

type NatsPackages = typeof import('@nats-io/transport-node') & typeof import('@nats-io/jetstream')

/** The optional packages, loaded when they are wanted. */
export async function loadNats(): Promise<NatsPackages> {
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

/** Connects once. Who uses the connection makes another one when this one is lost. */
export async function connectNats({ connection, credentials }: NatsSettings): Promise<NatsConnection> {
  const nats = await loadNats()
  const authenticator =
    credentials === undefined ? {} : { authenticator: nats.credsAuthenticator(new TextEncoder().encode(credentials)) }
  return closingSocketsOnFailure(() => nats.connect({ ...connection, ...authenticator }))
}
