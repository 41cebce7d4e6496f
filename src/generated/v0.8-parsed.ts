import { type DocumentNode, parse } from 'graphql'
import * as texts from './v0.8.ts'
export type * from './v0.8.ts'


/** A parsed document that knows the types of its data and its variables, by the key that typed documents use everywhere. */
export type TypedDocumentNode<Data, Variables> = DocumentNode & { readonly __apiType?: (variables: Variables) => Data }

export const ClusterResourcesDocument: TypedDocumentNode<texts.ClusterResourcesSubscription, texts.ClusterResourcesSubscriptionVariables> = /* @__PURE__ */ parse(texts.ClusterResourcesDocument)

export const ConfigurationChangedDocument: TypedDocumentNode<texts.ConfigurationChangedSubscription, texts.ConfigurationChangedSubscriptionVariables> = /* @__PURE__ */ parse(texts.ConfigurationChangedDocument)

export const ConfigurationDocument: TypedDocumentNode<texts.ConfigurationSubscription, texts.ConfigurationSubscriptionVariables> = /* @__PURE__ */ parse(texts.ConfigurationDocument)

export const ControllersStatusNowDocument: TypedDocumentNode<texts.ControllersStatusNowQuery, texts.ControllersStatusNowQueryVariables> = /* @__PURE__ */ parse(texts.ControllersStatusNowDocument)

export const EventsDocument: TypedDocumentNode<texts.EventsSubscription, texts.EventsSubscriptionVariables> = /* @__PURE__ */ parse(texts.EventsDocument)

export const K8sContextChangedDocument: TypedDocumentNode<texts.K8sContextChangedSubscription, texts.K8sContextChangedSubscriptionVariables> = /* @__PURE__ */ parse(texts.K8sContextChangedDocument)

export const K8sContextDocument: TypedDocumentNode<texts.K8sContextSubscription, texts.K8sContextSubscriptionVariables> = /* @__PURE__ */ parse(texts.K8sContextDocument)

export const MeshModelSummaryNowDocument: TypedDocumentNode<texts.MeshModelSummaryNowQuery, texts.MeshModelSummaryNowQueryVariables> = /* @__PURE__ */ parse(texts.MeshModelSummaryNowDocument)

export const MeshModelSummaryDocument: TypedDocumentNode<texts.MeshModelSummarySubscription, texts.MeshModelSummarySubscriptionVariables> = /* @__PURE__ */ parse(texts.MeshModelSummaryDocument)

export const MesheryControllersStatusDocument: TypedDocumentNode<texts.MesheryControllersStatusSubscription, texts.MesheryControllersStatusSubscriptionVariables> = /* @__PURE__ */ parse(texts.MesheryControllersStatusDocument)

export const PatternsNowDocument: TypedDocumentNode<texts.PatternsNowQuery, texts.PatternsNowQueryVariables> = /* @__PURE__ */ parse(texts.PatternsNowDocument)

export const PerfProfilesChangedDocument: TypedDocumentNode<texts.PerfProfilesChangedSubscription, texts.PerfProfilesChangedSubscriptionVariables> = /* @__PURE__ */ parse(texts.PerfProfilesChangedDocument)

export const PerfProfilesNowDocument: TypedDocumentNode<texts.PerfProfilesNowQuery, texts.PerfProfilesNowQueryVariables> = /* @__PURE__ */ parse(texts.PerfProfilesNowDocument)

export const PerfProfilesDocument: TypedDocumentNode<texts.PerfProfilesSubscription, texts.PerfProfilesSubscriptionVariables> = /* @__PURE__ */ parse(texts.PerfProfilesDocument)

export const PerfResultsChangedDocument: TypedDocumentNode<texts.PerfResultsChangedSubscription, texts.PerfResultsChangedSubscriptionVariables> = /* @__PURE__ */ parse(texts.PerfResultsChangedDocument)

export const PerfResultsNowDocument: TypedDocumentNode<texts.PerfResultsNowQuery, texts.PerfResultsNowQueryVariables> = /* @__PURE__ */ parse(texts.PerfResultsNowDocument)

export const PerfResultsDocument: TypedDocumentNode<texts.PerfResultsSubscription, texts.PerfResultsSubscriptionVariables> = /* @__PURE__ */ parse(texts.PerfResultsDocument)
