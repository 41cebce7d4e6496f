import { randomUUID } from 'node:crypto'
import type { FakeMeshery, NewEvent } from '../../src/testing/index.ts'

const error = {
  Code: 'meshery-server-1352',
  Severity: 3,
  ShortDescription: ['Could not deploy the design'],
  LongDescription: ['admission webhook "policy.example.com" denied the request: the image has no digest'],
  ProbableCause: ['A policy of the cluster refuses images without a digest.'],
  SuggestedRemediation: ['Set the image to one with a digest, and deploy it again.'],
}

const samples: readonly NewEvent[] = [
  {
    severity: 'informational',
    category: 'connection',
    action: 'register',
    description: 'Connection staging registered',
  },
  { severity: 'success', category: 'pattern', action: 'deploy', description: 'Design bookinfo deployed to staging' },
  { severity: 'informational', category: 'meshsync', action: 'update', description: 'MeshSync found 42 resources' },
  { severity: 'warning', category: 'meshsync', action: 'update', description: 'MeshSync is behind by 12 s' },
  { severity: 'success', category: 'filter', action: 'create', description: 'Filter rate-limit created' },
  {
    severity: 'error',
    category: 'pattern',
    action: 'deploy',
    description: 'Design emojivoto could not be deployed to production',
    metadata: { error },
  },
  { severity: 'informational', category: 'pattern', action: 'update', description: 'Design bookinfo saved' },
  { severity: 'critical', category: 'kubernetes', action: 'get', description: 'Cluster production does not answer' },
]

const operations: readonly string[] = Array.from({ length: 12 }, () => randomUUID())

/** Fills the fake with an hour as a team has it: clusters, resources, designs, load tests, events. */
export async function fillScene(fake: FakeMeshery, nowMs: number = Date.now()): Promise<void> {
  addClusters(fake)
  const ago = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString()
  for (const [index, name] of ['bookinfo', 'emojivoto', 'edge-gateway', 'observability'].entries())
    fake.configuration.addPattern({ name, created_at: ago(300), updated_at: ago(7 + index * 31) })
  const { id } = fake.perf.addProfile({ name: 'checkout, steady load', qps: 240 })
  await fake.perf.finishRun(id, { runner_results: run(239.6, 0.0123, 0.081), created_at: ago(18) })
  const other = fake.perf.addProfile({ name: 'search, burst', qps: 900 })
  await fake.perf.finishRun(other.id, { runner_results: run(871.2, 0.0341, 0.412), created_at: ago(44) })
  for (let index = 0; index < 90; index++) {
    const sample = samples[(index * 7) % samples.length]
    const createdAt = new Date(nowMs - 58 * 60_000 + index * 38_000 + ((index * 7_919) % 29_000)).toISOString()
    const operationID = operations[index % 29] ?? randomUUID()
    fake.events.add({ ...sample, createdAt, operationID }, { push: false })
  }
}

function addClusters(fake: FakeMeshery): void {
  const versions = { production: 'v1.31.4', staging: 'v1.32.1' }
  for (const [name, version] of Object.entries(versions)) {
    const server = `https://${name}.example.com:6443`
    const { connection_id, kubernetes_server_id } = fake.contexts.add({ name, version, server })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
    fake.controllers.set(connection_id, 'BROKER', { status: 'DEPLOYED', version: 'v2.10.5' })
    const isStaging = name === 'staging'
    fake.controllers.set(connection_id, 'MESHSYNC', { status: isStaging ? 'RUNNING' : 'DEPLOYING', version: 'v0.8.5' })
    const counts = { Deployment: 12, Pod: 38, Service: 14, ConfigMap: 21, Ingress: 2 }
    for (const [kind, count] of Object.entries(counts))
      fake.resources.set(kubernetes_server_id, 'default', kind, isStaging ? Math.ceil(count / 2) : count)
  }
}

const run = (qps: number, averageSeconds: number, p99Seconds: number): Record<string, unknown> => ({
  RunType: 'HTTP',
  ActualQPS: qps,
  RetCodes: { 200: 7_150, 503: 38 },
  DurationHistogram: {
    Count: 7_188,
    Avg: averageSeconds,
    Percentiles: [
      { Percentile: 50, Value: averageSeconds * 0.8 },
      { Percentile: 99, Value: p99Seconds },
    ],
  },
})
