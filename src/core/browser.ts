import type { MesheryWith, StreamMethod } from '../client/client.ts'
import { browserPlatform } from '../platform/browser.ts'
import { type CoreOptions, createCoreOn } from './create-meshery.ts'

/**
 * A client for one Meshery Server, of the given transports and streams: a page downloads only those.
 * @throws MesheryError INVALID_OPTION
 * @example
 * ```ts
 * import { createMeshery, events, polling, sse } from 'meshery-live/core'
 *
 * const meshery = createMeshery({ transports: [sse, polling], streams: [events] })
 * for await (const event of meshery.subscribeEvents({ severity: 'error' })) console.log(event.description)
 * ```
 */
export const createMeshery: <Name extends StreamMethod>(options: CoreOptions<Name>) => MesheryWith<Name> =
  /* @__PURE__ */ createCoreOn(() => browserPlatform)

// A page sends its token over the WebSocket alone: elsewhere its cookies do.
export { websocket } from '../connection/renewing-transports.ts'
export { polling } from '../transports/polling.ts'
export { sse } from '../transports/sse.ts'
export type { CoreOptions } from './create-meshery.ts'
export * from './parts.ts'
