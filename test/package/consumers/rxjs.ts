// RxJS infers what a subscription gives, by the types that it has itself.
import type { ChangeOf, K8sContextsPage, Meshery, MesheryEvent } from 'meshery-live'
import { changes } from 'meshery-live'
import { from, type Observable } from 'rxjs'

export const events = (meshery: Meshery): Observable<MesheryEvent> => from(meshery.subscribeEvents())
export const contexts = (meshery: Meshery): Observable<ChangeOf<K8sContextsPage>> =>
  from(changes(meshery.subscribeK8sContext()))
// @ts-expect-error: an event is not `any`
export const wrong = (meshery: Meshery): Observable<number> => from(meshery.subscribeEvents())
