// What every entry of `meshery-live/core` exports beside `createMeshery` and the transports.
export type { MesheryWith, StreamMethod, StreamModule } from '../client/client.ts'
export { documents } from '../client/document-module.ts'
export { events } from '../client/event-module.ts'
export {
  clusterResources,
  configuration,
  controllersStatus,
  k8sContexts,
  meshModelSummary,
  perfProfiles,
  perfResults,
} from '../client/state-modules.ts'
export * from '../surface.ts'
export type { Transport } from '../transports/contract.ts'
