// What the entries of all platforms export besides `MesheryProvider`.

export type { ConnectionStatus } from './connection-status.ts'
export type { ListedEvent } from './event-list.ts'
export { MesheryClientProvider, type MesheryClientProviderProps, type MesheryProviderProps } from './provider.ts'
export { useConnectionStatus, useMeshery } from './use-client.ts'
export { type EventsView, type UseEventsOptions, useEvents } from './use-events.ts'
export {
  type StateView,
  type UseStateOptions,
  useClusterResources,
  useConfiguration,
  useControllers,
  useKubernetesContexts,
  useModelSummary,
  usePerformanceProfiles,
  usePerformanceResults,
} from './use-states.ts'
export type { FollowView } from './view.ts'
