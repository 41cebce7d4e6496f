/** A range of releases, both ends included. Without `until` it includes today's. */
export interface Span {
  readonly from: string
  readonly until?: string
}

/** Subscriptions over WebSocket left Meshery with v1.0.56 (meshery #20456, #20587). */
const websocket: Span = { from: 'v0.6', until: 'v1.0.55' }

/**
 * By stream, the releases that have its live channels. Only tests and the generated parts of `docs/` read it: the client
 * finds out by trying.
 */
export const liveReleases: Readonly<Record<string, { readonly websocket?: Span; readonly sse?: Span }>> = {
  // Came with meshery #8644, and moved to SSE with #20375.
  subscribeEvents: { websocket: { from: 'v0.6.150', until: 'v1.0.51' }, sse: { from: 'v1.0.52' } },
  subscribeMesheryControllersStatus: { websocket, sse: { from: 'v1.0.56' } },
  subscribePerfProfiles: { websocket },
  subscribePerfResults: { websocket },
  subscribeConfiguration: { websocket },
  subscribeClusterResources: { websocket },
  subscribeK8sContext: { websocket },
  subscribeMeshModelSummary: { websocket },
}
