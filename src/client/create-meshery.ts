import { polling, sse, websocket } from '../connection/renewing-transports.ts'
import type { Platform } from '../platform/platform.ts'
import { createClient } from './client.ts'
import { documents } from './document-module.ts'
import { events } from './event-module.ts'
import type { Meshery } from './meshery.ts'
import type { MesheryOptions } from './options.ts'
import {
  clusterResources,
  configuration,
  controllersStatus,
  k8sContexts,
  meshModelSummary,
  perfProfiles,
  perfResults,
} from './state-modules.ts'

/** Makes `createMeshery` for a platform: every transport, every stream. */
export function createMesheryOn(platform: Platform): (options?: MesheryOptions) => Meshery {
  const transports = [websocket, sse, polling]
  const states = [controllersStatus, perfProfiles, perfResults, configuration, clusterResources, k8sContexts]
  const streams = [events, documents, ...states, meshModelSummary]
  return (options = {}) => createClient({ platform, transports, streams }, options)
}
