import { createClient, type MesheryWith, type StreamMethod, type StreamModule } from '../client/client.ts'
import type { MesheryOptions } from '../client/options.ts'
import type { Platform } from '../platform/platform.ts'
import type { Transport } from '../transports/contract.ts'

/** The options of a client that is made of parts: those of `createMeshery`, with the parts in place of names. */
export interface CoreOptions<Name extends StreamMethod = StreamMethod> extends Omit<MesheryOptions, 'transports'> {
  /** The transports to use, in the order in which they are tried. */
  readonly transports: readonly Transport[]
  /** The streams that can be followed: the client has their methods. */
  readonly streams: readonly StreamModule<Name>[]
}

/** Makes `createMeshery` of the core for a platform. */
export function createCoreOn(
  platform: () => Platform,
): <Name extends StreamMethod>(options: CoreOptions<Name>) => MesheryWith<Name> {
  return ({ transports, streams, ...options }) => createClient({ platform: platform(), transports, streams }, options)
}
