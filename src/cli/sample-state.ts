import type { FakeMeshery } from '../testing/index.ts'

/** Fills a fake Meshery with what a small installation has: two clusters, a load test, designs and a registry. */
export async function fillWithSamples(fake: FakeMeshery): Promise<void> {
  const [dev, prod] = [
    fake.contexts.add({ name: 'k8s-dev', server: 'https://10.0.0.1:6443', version: 'v1.32.1' }),
    fake.contexts.add({ name: 'k8s-prod', server: 'https://10.0.1.1:6443', version: 'v1.31.4' }),
  ]
  for (const { connection_id } of [dev, prod]) {
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
    fake.controllers.set(connection_id, 'BROKER', { status: 'DEPLOYED', version: 'v2.10.5' })
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
  }
  for (const [namespace, kind, count] of [
    ['default', 'Deployment', 4],
    ['default', 'Pod', 12],
    ['default', 'Service', 5],
    ['meshery', 'Pod', 3],
    ['', 'Node', 3],
  ] as const) {
    fake.resources.set(dev.kubernetes_server_id, namespace, kind, count)
    fake.resources.set(prod.kubernetes_server_id, namespace, kind, count * 3)
  }
  const { id } = fake.perf.addProfile({ name: 'checkout', endpoints: ['https://shop.example.com/checkout'], qps: 50 })
  fake.perf.addProfile({ name: 'search', endpoints: ['https://shop.example.com/search'], duration: '2m' })
  await fake.perf.finishRun(id, { runner_results: { RunType: 'HTTP', ActualQPS: 49.7 } })
  for (const name of ['bookinfo', 'emojivoto']) fake.configuration.addPattern({ name })
  fake.configuration.addFilter({ name: 'rate-limit' })
  fake.configuration.addApplication({ name: 'shop' })
  fake.registry.fill({
    components: ['kubernetes', 'istio-base', 'cert-manager'].flatMap((model) =>
      ['v1.0.0', 'v1.1.0'].map((version) => ({ model, version })),
    ),
    relationships: [{ kind: 'edge', subType: 'network' }],
  })
}

/** Changes of those clusters, one after another and without an end: MeshSync of the first one stops and starts, pods come. */
export function* sampleChanges(fake: FakeMeshery): Generator<void, never> {
  const { connection_id = '', kubernetes_server_id = '' } = fake.contexts.rows[0] ?? {}
  for (let pods = 13; ; pods++) {
    fake.resources.set(kubernetes_server_id, 'default', 'Pod', pods)
    yield
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'DEPLOYING', version: 'v0.8.5' })
    yield
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
    yield
  }
}
