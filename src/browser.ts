import { createMesheryOn } from './client/create-meshery.ts'
import type { Meshery } from './client/meshery.ts'
import type { MesheryOptions } from './client/options.ts'
import { browserPlatform } from './platform/browser.ts'

/**
 * A client for one Meshery Server: by default that of the page. Nothing is sent before something is subscribed to.
 * @throws MesheryError INVALID_OPTION
 */
export const createMeshery: (options?: MesheryOptions) => Meshery = (options) =>
  createMesheryOn(browserPlatform)(options)

export * from './surface.ts'
