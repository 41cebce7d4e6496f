import { type DocumentNode, parse } from 'graphql'
import * as texts from './v0.7.ts'
export type * from './v0.7.ts'


/** A parsed document that knows the types of its data and its variables, by the key that typed documents use everywhere. */
export type TypedDocumentNode<Data, Variables> = DocumentNode & { readonly __apiType?: (variables: Variables) => Data }

export const ConfigurationDocument: TypedDocumentNode<texts.ConfigurationSubscription, texts.ConfigurationSubscriptionVariables> = /* @__PURE__ */ parse(texts.ConfigurationDocument)

export const ControllersStatusNowDocument: TypedDocumentNode<texts.ControllersStatusNowQuery, texts.ControllersStatusNowQueryVariables> = /* @__PURE__ */ parse(texts.ControllersStatusNowDocument)

export const MesheryControllersStatusDocument: TypedDocumentNode<texts.MesheryControllersStatusSubscription, texts.MesheryControllersStatusSubscriptionVariables> = /* @__PURE__ */ parse(texts.MesheryControllersStatusDocument)
