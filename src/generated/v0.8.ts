/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Document } from '../base/document.ts'
/** `components` or `relationships`. */
export type MeshModelSummarySelector = {
  readonly type: string;
};

export type MesheryController =
  | 'BROKER'
  | 'MESHSYNC'
  | 'OPERATOR';

export type MesheryControllerStatus =
  | 'CONNECTED'
  | 'DEPLOYED'
  | 'DEPLOYING'
  | 'ENABLED'
  | 'NOTDEPLOYED'
  | 'RUNNING'
  | 'UNDEPLOYED'
  /** Spelt so on the wire in every release. */
  | 'UNKOWN';

/** A page of a list. Numbers are texts here: `page: "0"`. */
export type PageFilter = {
  readonly from?: string | null | undefined;
  readonly metrics?: string | null | undefined;
  readonly order?: string | null | undefined;
  readonly page: string;
  readonly pageSize: string;
  readonly search?: string | null | undefined;
  readonly to?: string | null | undefined;
  readonly updated_after?: string | null | undefined;
  readonly visibility?: ReadonlyArray<string> | null | undefined;
};

/** How serious an event is. Servers also send `success`, which no release lists here. */
export type Severity =
  | 'alert'
  | 'critical'
  | 'debug'
  | 'emergency'
  | 'error'
  | 'informational'
  | 'warning';

export type Status =
  | 'CONNECTED'
  | 'DISABLED'
  | 'ENABLED'
  | 'PROCESSING'
  | 'UNKNOWN';

export type ClusterResourcesSubscriptionVariables = Exact<{
  k8scontextIDs?: ReadonlyArray<string> | null | undefined;
  namespace: string;
}>;


export type ClusterResourcesSubscription = { readonly subscribeClusterResources: { readonly resources: ReadonlyArray<{ readonly kind: string, readonly count: number }> } };

export type ConfigurationChangedSubscriptionVariables = Exact<{
  patternSelector: PageFilter;
  filterSelector: PageFilter;
}>;


export type ConfigurationChangedSubscription = { readonly subscribeConfiguration: { readonly patterns: { readonly total_count: number } | null, readonly filters: { readonly total_count: number } | null } };

export type ConfigurationSubscriptionVariables = Exact<{
  patternSelector: PageFilter;
  filterSelector: PageFilter;
}>;


export type ConfigurationSubscription = { readonly subscribeConfiguration: { readonly patterns: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly patterns: ReadonlyArray<{ readonly id: string, readonly name: string, readonly user_id: string, readonly visibility: string, readonly canSupport: boolean, readonly errmsg: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly catalog_data: Record<string, unknown> | null, readonly pattern_file: string, readonly location: { readonly branch: string | null, readonly host: string | null, readonly path: string | null, readonly type: string | null }, readonly type: { readonly String: string, readonly Valid: boolean } | null } | null> | null } | null, readonly filters: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly filters: ReadonlyArray<{ readonly id: string, readonly name: string, readonly user_id: string, readonly visibility: string, readonly created_at: string | null, readonly updated_at: string | null, readonly catalog_data: Record<string, unknown> | null, readonly filter_file: string, readonly filter_resource: string, readonly location: { readonly branch: string | null, readonly host: string | null, readonly path: string | null, readonly type: string | null } } | null> | null } | null } };

export type ControllersStatusNowQueryVariables = Exact<{
  connectionID: string;
}>;


export type ControllersStatusNowQuery = { readonly operator: { readonly connectionID: string, readonly controller: MesheryController, readonly status: MesheryControllerStatus, readonly version: string } | null, readonly meshsync: { readonly connectionID: string, readonly name: string, readonly status: Status, readonly version: string }, readonly broker: { readonly connectionID: string, readonly name: string, readonly status: Status, readonly version: string } };

export type EventsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type EventsSubscription = { readonly subscribeEvents: { readonly id: string, readonly severity: Severity, readonly category: string, readonly action: string, readonly status: string, readonly userID: string, readonly actedUpon: string, readonly operationID: string, readonly systemID: string, readonly description: string, readonly createdAt: string, readonly updatedAt: string, readonly deletedAt: string | null, readonly metadata: Record<string, unknown> | null } };

export type K8sContextChangedSubscriptionVariables = Exact<{
  selector: PageFilter;
}>;


export type K8sContextChangedSubscription = { readonly subscribeK8sContext: { readonly total_count: number } };

export type K8sContextSubscriptionVariables = Exact<{
  selector: PageFilter;
}>;


export type K8sContextSubscription = { readonly subscribeK8sContext: { readonly total_count: number, readonly contexts: ReadonlyArray<{ readonly id: string, readonly name: string, readonly server: string, readonly owner: string, readonly created_by: string, readonly meshery_instance_id: string, readonly kubernetes_server_id: string, readonly connection_id: string, readonly deployment_type: string, readonly version: string, readonly created_at: string, readonly updated_at: string } | null> } };

export type MeshModelSummaryNowQueryVariables = Exact<{
  selector: MeshModelSummarySelector;
}>;


export type MeshModelSummaryNowQuery = { readonly getMeshModelSummary: { readonly components: ReadonlyArray<{ readonly name: string, readonly count: number }> | null, readonly relationships: ReadonlyArray<{ readonly name: string, readonly count: number }> | null } };

export type MeshModelSummarySubscriptionVariables = Exact<{
  selector: MeshModelSummarySelector;
}>;


export type MeshModelSummarySubscription = { readonly subscribeMeshModelSummary: { readonly components: ReadonlyArray<{ readonly name: string, readonly count: number }> | null, readonly relationships: ReadonlyArray<{ readonly name: string, readonly count: number }> | null } };

export type MesheryControllersStatusSubscriptionVariables = Exact<{
  connectionIDs?: ReadonlyArray<string> | null | undefined;
}>;


export type MesheryControllersStatusSubscription = { readonly subscribeMesheryControllersStatus: ReadonlyArray<{ readonly connectionID: string, readonly controller: MesheryController, readonly status: MesheryControllerStatus, readonly version: string }> };

export type PatternsNowQueryVariables = Exact<{
  selector: PageFilter;
}>;


export type PatternsNowQuery = { readonly fetchPatterns: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly patterns: ReadonlyArray<{ readonly id: string, readonly name: string, readonly user_id: string, readonly visibility: string, readonly canSupport: boolean, readonly errmsg: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly catalog_data: Record<string, unknown> | null, readonly pattern_file: string, readonly location: { readonly branch: string | null, readonly host: string | null, readonly path: string | null, readonly type: string | null }, readonly type: { readonly String: string, readonly Valid: boolean } | null } | null> | null } };

export type PerfProfilesChangedSubscriptionVariables = Exact<{
  selector: PageFilter;
}>;


export type PerfProfilesChangedSubscription = { readonly subscribePerfProfiles: { readonly total_count: number } };

export type PerfProfilesNowQueryVariables = Exact<{
  selector: PageFilter;
}>;


export type PerfProfilesNowQuery = { readonly getPerformanceProfiles: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly profiles: ReadonlyArray<{ readonly id: string, readonly name: string | null, readonly user_id: string, readonly concurrent_request: number, readonly qps: number | null, readonly duration: string, readonly endpoints: ReadonlyArray<string | null> | null, readonly load_generators: ReadonlyArray<string | null> | null, readonly service_mesh: string | null, readonly request_headers: string | null, readonly request_cookies: string | null, readonly request_body: string | null, readonly content_type: string | null, readonly total_results: number | null, readonly last_run: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly metadata: Record<string, unknown> | null } | null> | null } };

export type PerfProfilesSubscriptionVariables = Exact<{
  selector: PageFilter;
}>;


export type PerfProfilesSubscription = { readonly subscribePerfProfiles: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly profiles: ReadonlyArray<{ readonly id: string, readonly name: string | null, readonly user_id: string, readonly concurrent_request: number, readonly qps: number | null, readonly duration: string, readonly endpoints: ReadonlyArray<string | null> | null, readonly load_generators: ReadonlyArray<string | null> | null, readonly service_mesh: string | null, readonly request_headers: string | null, readonly request_cookies: string | null, readonly request_body: string | null, readonly content_type: string | null, readonly total_results: number | null, readonly last_run: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly metadata: Record<string, unknown> | null } | null> | null } };

export type PerfResultsChangedSubscriptionVariables = Exact<{
  selector: PageFilter;
  profileID: string;
}>;


export type PerfResultsChangedSubscription = { readonly subscribePerfResults: { readonly total_count: number } };

export type PerfResultsNowQueryVariables = Exact<{
  selector: PageFilter;
  profileID: string;
}>;


export type PerfResultsNowQuery = { readonly fetchResults: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly results: ReadonlyArray<{ readonly meshery_id: string | null, readonly name: string | null, readonly mesh: string | null, readonly performance_profile: string | null, readonly test_id: string | null, readonly user_id: string | null, readonly test_start_time: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly server_metrics: string | null, readonly server_board_config: string | null, readonly runner_results: Record<string, unknown> | null } | null> | null } };

export type PerfResultsSubscriptionVariables = Exact<{
  selector: PageFilter;
  profileID: string;
}>;


export type PerfResultsSubscription = { readonly subscribePerfResults: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly results: ReadonlyArray<{ readonly meshery_id: string | null, readonly name: string | null, readonly mesh: string | null, readonly performance_profile: string | null, readonly test_id: string | null, readonly user_id: string | null, readonly test_start_time: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly server_metrics: string | null, readonly server_board_config: string | null, readonly runner_results: Record<string, unknown> | null } | null> | null } };

export const ClusterResourcesDocument: Document<ClusterResourcesSubscription, ClusterResourcesSubscriptionVariables> = "subscription ClusterResources($k8scontextIDs:[String!]$namespace:String!){subscribeClusterResources(k8scontextIDs:$k8scontextIDs namespace:$namespace){resources{kind count}}}"

export const ConfigurationChangedDocument: Document<ConfigurationChangedSubscription, ConfigurationChangedSubscriptionVariables> = "subscription ConfigurationChanged($patternSelector:PageFilter!$filterSelector:PageFilter!){subscribeConfiguration(patternSelector:$patternSelector filterSelector:$filterSelector){patterns{total_count}filters{total_count}}}"

export const ConfigurationDocument: Document<ConfigurationSubscription, ConfigurationSubscriptionVariables> = "subscription Configuration($patternSelector:PageFilter!$filterSelector:PageFilter!){subscribeConfiguration(patternSelector:$patternSelector filterSelector:$filterSelector){patterns{page page_size total_count patterns{id name user_id location{branch host path type}visibility canSupport errmsg created_at updated_at type{String Valid}catalog_data pattern_file}}filters{page page_size total_count filters{id name user_id location{branch host path type}visibility created_at updated_at catalog_data filter_file filter_resource}}}}"

export const ControllersStatusNowDocument: Document<ControllersStatusNowQuery, ControllersStatusNowQueryVariables> = "query ControllersStatusNow($connectionID:String!){operator:getOperatorStatus(connectionID:$connectionID){connectionID controller status version}meshsync:getMeshsyncStatus(connectionID:$connectionID){connectionID name status version}broker:getNatsStatus(connectionID:$connectionID){connectionID name status version}}"

export const EventsDocument: Document<EventsSubscription, EventsSubscriptionVariables> = "subscription Events{subscribeEvents{id severity category action status userID actedUpon operationID systemID description createdAt updatedAt deletedAt metadata}}"

export const K8sContextChangedDocument: Document<K8sContextChangedSubscription, K8sContextChangedSubscriptionVariables> = "subscription K8sContextChanged($selector:PageFilter!){subscribeK8sContext(selector:$selector){total_count}}"

export const K8sContextDocument: Document<K8sContextSubscription, K8sContextSubscriptionVariables> = "subscription K8sContext($selector:PageFilter!){subscribeK8sContext(selector:$selector){total_count contexts{id name server owner created_by meshery_instance_id kubernetes_server_id connection_id deployment_type version created_at updated_at}}}"

export const MeshModelSummaryNowDocument: Document<MeshModelSummaryNowQuery, MeshModelSummaryNowQueryVariables> = "query MeshModelSummaryNow($selector:MeshModelSummarySelector!){getMeshModelSummary(selector:$selector){components{name count}relationships{name count}}}"

export const MeshModelSummaryDocument: Document<MeshModelSummarySubscription, MeshModelSummarySubscriptionVariables> = "subscription MeshModelSummary($selector:MeshModelSummarySelector!){subscribeMeshModelSummary(selector:$selector){components{name count}relationships{name count}}}"

export const MesheryControllersStatusDocument: Document<MesheryControllersStatusSubscription, MesheryControllersStatusSubscriptionVariables> = "subscription MesheryControllersStatus($connectionIDs:[String!]){subscribeMesheryControllersStatus(connectionIDs:$connectionIDs){connectionID controller status version}}"

export const PatternsNowDocument: Document<PatternsNowQuery, PatternsNowQueryVariables> = "query PatternsNow($selector:PageFilter!){fetchPatterns(selector:$selector){page page_size total_count patterns{id name user_id location{branch host path type}visibility canSupport errmsg created_at updated_at type{String Valid}catalog_data pattern_file}}}"

export const PerfProfilesChangedDocument: Document<PerfProfilesChangedSubscription, PerfProfilesChangedSubscriptionVariables> = "subscription PerfProfilesChanged($selector:PageFilter!){subscribePerfProfiles(selector:$selector){total_count}}"

export const PerfProfilesNowDocument: Document<PerfProfilesNowQuery, PerfProfilesNowQueryVariables> = "query PerfProfilesNow($selector:PageFilter!){getPerformanceProfiles(selector:$selector){page page_size total_count profiles{id name user_id concurrent_request qps duration endpoints load_generators service_mesh request_headers request_cookies request_body content_type total_results last_run created_at updated_at metadata}}}"

export const PerfProfilesDocument: Document<PerfProfilesSubscription, PerfProfilesSubscriptionVariables> = "subscription PerfProfiles($selector:PageFilter!){subscribePerfProfiles(selector:$selector){page page_size total_count profiles{id name user_id concurrent_request qps duration endpoints load_generators service_mesh request_headers request_cookies request_body content_type total_results last_run created_at updated_at metadata}}}"

export const PerfResultsChangedDocument: Document<PerfResultsChangedSubscription, PerfResultsChangedSubscriptionVariables> = "subscription PerfResultsChanged($selector:PageFilter!$profileID:String!){subscribePerfResults(selector:$selector profileID:$profileID){total_count}}"

export const PerfResultsNowDocument: Document<PerfResultsNowQuery, PerfResultsNowQueryVariables> = "query PerfResultsNow($selector:PageFilter!$profileID:String!){fetchResults(selector:$selector profileID:$profileID){page page_size total_count results{meshery_id name mesh performance_profile test_id user_id test_start_time created_at updated_at server_metrics server_board_config runner_results}}}"

export const PerfResultsDocument: Document<PerfResultsSubscription, PerfResultsSubscriptionVariables> = "subscription PerfResults($selector:PageFilter!$profileID:String!){subscribePerfResults(selector:$selector profileID:$profileID){page page_size total_count results{meshery_id name mesh performance_profile test_id user_id test_start_time created_at updated_at server_metrics server_board_config runner_results}}}"
