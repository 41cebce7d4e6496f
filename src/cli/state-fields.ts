import type {
  ApplicationResult,
  ClusterResource,
  FilterResult,
  K8sContext,
  MesheryControllersStatusListItem,
  MesheryResult,
  MeshModelCount,
  PatternResult,
  PerfProfile,
} from '../index.ts'

/** A command that shows a state. */
export type StateName =
  | 'controllers'
  | 'profiles'
  | 'results'
  | 'configuration'
  | 'designs'
  | 'resources'
  | 'contexts'
  | 'models'

/** The names of all fields, and of nothing else: the compiler compares them with the type. */
const namesOf = <Item>(fields: Readonly<Record<keyof Item, true>>): readonly string[] => Object.keys(fields)

const content = {
  id: true,
  name: true,
  user_id: true,
  location: true,
  visibility: true,
  created_at: true,
  updated_at: true,
} as const

const designFields = namesOf<PatternResult>({ ...content, pattern_file: true, catalog_data: true, type: true })

/** The fields of an item of each state, by the command that shows it: what `--fields` and `--template` can name. */
export const stateFields: Readonly<Record<StateName, readonly string[]>> = {
  controllers: namesOf<MesheryControllersStatusListItem>({
    connectionID: true,
    controller: true,
    status: true,
    version: true,
  }),
  profiles: namesOf<PerfProfile>({
    id: true,
    name: true,
    user_id: true,
    concurrent_request: true,
    qps: true,
    duration: true,
    endpoints: true,
    load_generators: true,
    service_mesh: true,
    request_headers: true,
    request_cookies: true,
    request_body: true,
    content_type: true,
    metadata: true,
    total_results: true,
    last_run: true,
    created_at: true,
    updated_at: true,
  }),
  results: namesOf<MesheryResult>({
    meshery_id: true,
    name: true,
    mesh: true,
    performance_profile: true,
    test_id: true,
    user_id: true,
    runner_results: true,
    server_metrics: true,
    server_board_config: true,
    test_start_time: true,
    created_at: true,
    updated_at: true,
  }),
  configuration: [
    ...new Set([
      ...designFields,
      ...namesOf<FilterResult>({ ...content, filter_file: true, filter_resource: true, catalog_data: true }),
      ...namesOf<ApplicationResult>({ ...content, application_file: true, type: true }),
    ]),
  ],
  designs: designFields,
  resources: namesOf<ClusterResource>({ kubernetes_server_id: true, namespace: true, kind: true, count: true }),
  contexts: namesOf<K8sContext>({
    id: true,
    name: true,
    server: true,
    owner: true,
    created_by: true,
    meshery_instance_id: true,
    kubernetes_server_id: true,
    connection_id: true,
    deployment_type: true,
    version: true,
    created_at: true,
    updated_at: true,
  }),
  models: namesOf<MeshModelCount>({ name: true, count: true }),
}
