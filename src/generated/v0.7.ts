/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { Document } from '../base/document.ts'
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
  readonly order?: string | null | undefined;
  readonly page: string;
  readonly pageSize: string;
  readonly search?: string | null | undefined;
  readonly to?: string | null | undefined;
  readonly updated_after?: string | null | undefined;
  readonly visibility?: ReadonlyArray<string> | null | undefined;
};

export type Status =
  | 'CONNECTED'
  | 'DISABLED'
  | 'ENABLED'
  | 'PROCESSING'
  | 'UNKNOWN';

export type ConfigurationSubscriptionVariables = Exact<{
  patternSelector: PageFilter;
  filterSelector: PageFilter;
}>;


export type ConfigurationSubscription = { readonly subscribeConfiguration: { readonly patterns: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly patterns: ReadonlyArray<{ readonly id: string, readonly name: string, readonly user_id: string, readonly visibility: string, readonly canSupport: boolean, readonly errmsg: string | null, readonly created_at: string | null, readonly updated_at: string | null, readonly catalog_data: Record<string, unknown> | null, readonly pattern_file: string, readonly location: { readonly branch: string | null, readonly host: string | null, readonly path: string | null, readonly type: string | null } } | null> | null } | null, readonly filters: { readonly page: number, readonly page_size: number, readonly total_count: number, readonly filters: ReadonlyArray<{ readonly id: string, readonly name: string, readonly user_id: string, readonly visibility: string, readonly created_at: string | null, readonly updated_at: string | null, readonly catalog_data: Record<string, unknown> | null, readonly filter_file: string, readonly filter_resource: string, readonly location: { readonly branch: string | null, readonly host: string | null, readonly path: string | null, readonly type: string | null } } | null> | null } | null } };

export type ControllersStatusNowQueryVariables = Exact<{
  connectionID: string;
  contextID: string;
}>;


export type ControllersStatusNowQuery = { readonly operator: { readonly status: MesheryControllerStatus, readonly version: string } | null, readonly meshsync: { readonly name: string, readonly status: Status, readonly version: string }, readonly broker: { readonly name: string, readonly status: Status, readonly version: string } };

export type MesheryControllersStatusSubscriptionVariables = Exact<{
  connectionIDs?: ReadonlyArray<string> | null | undefined;
}>;


export type MesheryControllersStatusSubscription = { readonly subscribeMesheryControllersStatus: ReadonlyArray<{ readonly controller: MesheryController, readonly status: MesheryControllerStatus, readonly version: string, readonly connectionID: string }> };

export const ConfigurationDocument: Document<ConfigurationSubscription, ConfigurationSubscriptionVariables> = "subscription Configuration($patternSelector:PageFilter!$filterSelector:PageFilter!){subscribeConfiguration(patternSelector:$patternSelector filterSelector:$filterSelector){patterns{page page_size total_count patterns{id name user_id location{branch host path type}visibility canSupport errmsg created_at updated_at catalog_data pattern_file}}filters{page page_size total_count filters{id name user_id location{branch host path type}visibility created_at updated_at catalog_data filter_file filter_resource}}}}"

export const ControllersStatusNowDocument: Document<ControllersStatusNowQuery, ControllersStatusNowQueryVariables> = "query ControllersStatusNow($connectionID:String!$contextID:String!){operator:getOperatorStatus(k8scontextID:$contextID){status version}meshsync:getMeshsyncStatus(connectionID:$connectionID){name status version}broker:getNatsStatus(connectionID:$connectionID){name status version}}"

export const MesheryControllersStatusDocument: Document<MesheryControllersStatusSubscription, MesheryControllersStatusSubscriptionVariables> = "subscription MesheryControllersStatus($connectionIDs:[String!]){subscribeMesheryControllersStatus(k8scontextIDs:$connectionIDs){connectionID:contextId controller status version}}"
