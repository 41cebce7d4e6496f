import type { NewEvent } from '../testing/index.ts'

const samples: readonly NewEvent[] = [
  {
    severity: 'informational',
    category: 'connection',
    action: 'register',
    description: 'Connection k8s-dev registered',
  },
  { severity: 'success', category: 'pattern', action: 'deploy', description: 'Design bookinfo deployed' },
  { severity: 'warning', category: 'meshsync', action: 'update', description: 'MeshSync is behind by 12 s' },
  {
    severity: 'error',
    category: 'pattern',
    action: 'undeploy',
    description: 'Design emojivoto could not be undeployed',
    metadata: {
      error: {
        Code: 'meshery-server-1001',
        ProbableCause: ['The cluster k8s-prod is away.'],
        SuggestedRemediation: ['Connect the cluster and undeploy the design again.'],
      },
    },
  },
  { severity: 'success', category: 'filter', action: 'create', description: 'Filter rate-limit created' },
  { severity: 'critical', category: 'kubernetes_components', action: 'get', description: 'Cluster k8s-prod is away' },
]

/** An endless row of events such as Meshery makes, the same one each time. */
export function* sampleEvents(): Generator<NewEvent, never> {
  for (;;) yield* samples
}
