import type { FakeMeshery } from '../../src/testing/index.ts'

/** Ids in the documents. */
const ids = {
  cluster: 'c1d3a1b6-52c4-4f0e-9a39-7f4b1c2d3e4f',
  profile: '7a4b1f5e-3c0d-4e8a-9b61-2f0c5d7e8a90',
}

/**
 * Fills a fake with every kind of data, and changes it until it is disposed of: deployments that end with events of
 * this severity.
 */
export function liven(fake: FakeMeshery, severity: 'error' | 'success' = 'error'): Disposable {
  const { connection_id, kubernetes_server_id } = fake.contexts.add({
    name: 'kind',
    kubernetes_server_id: ids.cluster,
  })
  const other = fake.contexts.add({ name: 'production' })
  for (const controller of ['BROKER', 'MESHSYNC', 'OPERATOR'] as const)
    fake.controllers.set(connection_id, controller, { status: 'DEPLOYED', version: 'v0.8.5' })
  fake.controllers.set(other.connection_id, 'OPERATOR', { status: 'DEPLOYING' })
  for (const cluster of [kubernetes_server_id, other.kubernetes_server_id]) {
    fake.resources.set(cluster, 'default', 'Deployment', 3)
    fake.resources.set(cluster, 'default', 'Pod', 12)
  }
  fake.configuration.addPattern({ name: 'web' })
  fake.configuration.addFilter({ name: 'rate limit' })
  fake.perf.addProfile({ id: ids.profile, name: 'checkout' })
  void fake.perf.finishRun(ids.profile)
  fake.registry.fill({ components: [{ model: 'istio' }], relationships: [{}] })

  let count = 0
  const act = (): void => {
    fake.events.add({ severity, category: 'pattern', action: 'deploy', description: `Event ${++count}` })
    // Only the newest line reports it as connected.
    if (count === 5) fake.controllers.brokerLink(connection_id)
    if (count === 5) fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
    if (count === 10) fake.contexts.remove(other.id)
  }
  const timer = setInterval(act, 20)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
