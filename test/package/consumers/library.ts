// A library that exports what it makes of documents. Compiled by test/package/types.test.ts to declarations.
import { createMeshery } from 'meshery-live'
import * as parsed from 'meshery-live/documents'
import * as texts from 'meshery-live/documents/text'

export const meshery = createMeshery()
export const late = meshery.subscribe(parsed.v0_6.EventsDocument)
export const events = meshery.subscribe(parsed.v0_8.EventsDocument)
export const current = meshery.subscribe(parsed.v1_0.EventsDocument)
export const changed = () => meshery.subscribe(parsed.v0_7.MesheryControllersStatusDocument, {})
export const asText = meshery.subscribe(texts.v0_8.EventsDocument)
export const resources = (namespace: string) => meshery.subscribe(parsed.v0_8.ClusterResourcesDocument, { namespace })
export const document = parsed.v0_8.ClusterResourcesDocument
export type Variables = parsed.v0_8.ClusterResourcesSubscriptionVariables
