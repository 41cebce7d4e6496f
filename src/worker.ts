import { createMesheryOn } from './client/create-meshery.ts'
import type { Meshery } from './client/meshery.ts'
import type { MesheryOptions } from './client/options.ts'
import { workerPlatform } from './platform/worker.ts'

/**
 * A client for one Meshery Server, whose `url` has no default here. Nothing is sent before something is subscribed to.
 * @throws MesheryError INVALID_OPTION
 */
export const createMeshery: (options?: MesheryOptions) => Meshery = (options) =>
  createMesheryOn(workerPlatform())(options)

export * from './surface.ts'
