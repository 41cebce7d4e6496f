// What both entries export, written by hand: widening it later is easy, narrowing it is not.

export type { Counts } from './base/counts.ts'
export type { AnyDocument, Document, DocumentString, ParsedDocument } from './base/document.ts'
export { type ErrorCode, type ErrorPhase, MesheryError } from './base/errors.ts'
export type { LogDetails, LogFunction, Logger, LogLevel, LogMethods } from './base/logger.ts'
export { changes } from './client/changes.ts'
export type { Change, ChangeOf } from './client/difference.ts'
export type { EventSourceContext, EventSourceFunction } from './client/event-source.ts'
export type { EventsArguments } from './client/events-arguments.ts'
export type { LimitOptions, Limits } from './client/limits.ts'
export type { Meshery } from './client/meshery.ts'
export type { MesheryOptions, TimeoutOptions } from './client/options.ts'
export type { NoticeMessage, Stats, SubscriptionStats } from './client/stats.ts'
export type { SubscribeOptions, Subscription, SubscriptionIterator } from './client/subscription.ts'
export { type UntilOptions, until } from './client/until.ts'
export type {
  GapNotice,
  MissedPushesNotice,
  Notice,
  OverflowNotice,
  PartialNotice,
  Status,
  StatusNotice,
  UnknownNotice,
} from './connection/notice.ts'
export type { Identity } from './credentials/identity.ts'
export type { ConnectionMessage, EventMessage, RequestMessage } from './platform/messages.ts'
export type { ProxyOption, TlsOptions } from './platform/network-options.ts'
export type { Lag } from './platform/platform.ts'
export type {
  CertificateExpiresNotice,
  CertificateFailure,
  CertificateNotVerifiedNotice,
  ServerCertificate,
  TlsConnection,
} from './platform/tls-connection.ts'
export type { ClusterResource, ClusterResources, ClusterResourcesArguments } from './streams/cluster-resources.ts'
export type { ConfigurationArguments, ConfigurationPage } from './streams/configuration.ts'
export type {
  ApplicationPage,
  ApplicationResult,
  FilterPage,
  FilterResult,
  Location,
  PatternPageResult,
  PatternResult,
} from './streams/configuration-lists.ts'
export type {
  ControllersStatusArguments,
  MesheryController,
  MesheryControllerStatus,
  MesheryControllersStatusListItem,
} from './streams/controllers-status.ts'
export { type EventStatus, type KnownSeverity, type MesheryEvent, type Severity, severities } from './streams/events.ts'
export type { K8sContext, K8sContextArguments, K8sContextsPage } from './streams/k8s-contexts.ts'
export type { MeshModelCount, MeshModelSummary, MeshModelSummaryArguments } from './streams/meshmodel-summary.ts'
export type { Page, Selector } from './streams/page-selector.ts'
export type { PerfPageProfiles, PerfProfile, PerfProfilesArguments } from './streams/perf-profiles.ts'
export type { MesheryResult, PerfPageResult, PerfResultsArguments } from './streams/perf-results.ts'
export type { TransportName } from './transports/contract.ts'
