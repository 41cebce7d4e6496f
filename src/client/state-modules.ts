import { RestFallback } from '../states/rest-fallback.ts'
import { clusterResources as clusterResourcesDeclaration } from '../streams/cluster-resources.ts'
import { configuration as configurationDeclaration } from '../streams/configuration.ts'
import { controllersStatus as controllersStatusDeclaration } from '../streams/controllers-status.ts'
import { k8sContexts as k8sContextsDeclaration } from '../streams/k8s-contexts.ts'
import { meshModelSummary as meshModelSummaryDeclaration } from '../streams/meshmodel-summary.ts'
import { perfProfiles as perfProfilesDeclaration } from '../streams/perf-profiles.ts'
import { perfResults as perfResultsDeclaration } from '../streams/perf-results.ts'
import type { StateDeclaration } from '../streams/state-declaration.ts'
import type { ClientContext, StreamModule } from './client.ts'
import { SharedStates, type SharedStatesContext } from './shared-states.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/** What the states of one client share. */
const contexts = new WeakMap<ClientContext, SharedStatesContext>()

function contextOf(client: ClientContext): SharedStatesContext {
  const known = contexts.get(client)
  if (known) return known
  const { selection, http, limit, options } = client
  const context: SharedStatesContext = {
    ...selection,
    rest: new RestFallback(http, options.timeouts.request),
    credentials: http.credentials,
    policy: { attempts: options.attempts, polls: true },
    credentialsTimeoutMs: options.timeouts.connect,
    namesTransports: options.namesTransports,
    limit,
  }
  contexts.set(client, context)
  return context
}

/** The method that follows a state. */
function stateMethod<Arguments, Value, Id>(
  client: ClientContext,
  declaration: StateDeclaration<Arguments, Value, Id>,
): (given?: unknown, options?: SubscribeOptions) => Subscription<Value> {
  const states = new SharedStates(declaration, contextOf(client))
  client.limit.onFull(() => states.endUnused())
  client.onClose(() => states.close())
  return (given, options = {}) => {
    client.check(options)
    const { join, leave } = states.share(given)
    return client.follow<Value>(options, { name: declaration.name, start: join, end: leave })
  }
}

/** Adds `subscribeMesheryControllersStatus`. */
export const controllersStatus: StreamModule<'subscribeMesheryControllersStatus'> = {
  method: 'subscribeMesheryControllersStatus',
  connect: (client) => stateMethod(client, controllersStatusDeclaration),
}

/** Adds `subscribePerfProfiles`. */
export const perfProfiles: StreamModule<'subscribePerfProfiles'> = {
  method: 'subscribePerfProfiles',
  connect: (client) => stateMethod(client, perfProfilesDeclaration),
}

/** Adds `subscribePerfResults`. */
export const perfResults: StreamModule<'subscribePerfResults'> = {
  method: 'subscribePerfResults',
  connect: (client) => stateMethod(client, perfResultsDeclaration),
}

/** Adds `subscribeConfiguration`. */
export const configuration: StreamModule<'subscribeConfiguration'> = {
  method: 'subscribeConfiguration',
  connect: (client) => stateMethod(client, configurationDeclaration),
}

/** Adds `subscribeClusterResources`. */
export const clusterResources: StreamModule<'subscribeClusterResources'> = {
  method: 'subscribeClusterResources',
  connect: (client) => stateMethod(client, clusterResourcesDeclaration),
}

/** Adds `subscribeK8sContext`. */
export const k8sContexts: StreamModule<'subscribeK8sContext'> = {
  method: 'subscribeK8sContext',
  connect: (client) => stateMethod(client, k8sContextsDeclaration),
}

/** Adds `subscribeMeshModelSummary`. */
export const meshModelSummary: StreamModule<'subscribeMeshModelSummary'> = {
  method: 'subscribeMeshModelSummary',
  connect: (client) => stateMethod(client, meshModelSummaryDeclaration),
}
