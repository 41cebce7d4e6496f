import { createMesheryOn } from './client/create-meshery.ts'
import type { Meshery } from './client/meshery.ts'
import type { MesheryOptions } from './client/options.ts'
import { nodePlatform } from './platform/node.ts'

/**
 * A client for one Meshery Server. Nothing is sent before something is subscribed to.
 * @throws MesheryError INVALID_OPTION
 */
export const createMeshery: (options?: MesheryOptions) => Meshery = (options) =>
  createMesheryOn(nodePlatform())(options)

export * from './surface.ts'
