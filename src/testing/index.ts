/**
 * A fake Meshery Server for tests.
 *
 * ```ts
 * await using fake = await startFakeMeshery({ release: 'v0.8' })
 * const meshery = createMeshery({ url: fake.url })
 * fake.events.add({ severity: 'error', description: 'It broke.' })
 * fake.faults.cut()
 *
 * const { connection_id, kubernetes_server_id } = fake.contexts.add({ name: 'kind' })
 * fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
 * fake.resources.set(kubernetes_server_id, 'default', 'Pod', 12)
 * const { id } = fake.perf.addProfile({ name: 'Nightly' })
 * await fake.perf.finishRun(id)
 * fake.configuration.addPattern({ name: 'Bookinfo' })
 * fake.registry.addComponent({ kind: 'Pod' })
 * fake.faults.answer('rest', 500, { times: 2, path: '/api/system/kubernetes/contexts' })
 * ```
 *
 * @module
 */
export type { Auth } from './auth.ts'
export type { Garbage } from './channels.ts'
export type { FakeConfiguration } from './configuration.ts'
export type {
  NewApplication,
  NewFilter,
  NewPattern,
  NullString,
  StoredApplication,
  StoredContent,
  StoredFilter,
  StoredPattern,
} from './configuration-rows.ts'
export type { FakeContexts } from './contexts.ts'
export type { ControllerName, ControllerStatus } from './controller-status.ts'
export type { StoredController } from './controller-table.ts'
export type { ControllerState, FakeControllers } from './controllers.ts'
export type { FakeEvents, HowAdded } from './events.ts'
export { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from './fake-meshery.ts'
export type { Faults } from './faults.ts'
export { ResolverError } from './graphql-errors.ts'
export type { FakePerf } from './perf.ts'
export type { NewProfile, NewResult, StoredProfile, StoredResult } from './perf-rows.ts'
export type { FakeRegistry } from './registry.ts'
export type {
  NewComponent,
  NewModel,
  NewRelationship,
  StoredComponent,
  StoredModel,
  StoredRelationship,
} from './registry-rows.ts'
export { type Release, releases } from './release.ts'
export { type Frames, frames, type Resolver } from './resolvers.ts'
export type { FakeResources, StoredResources } from './resources.ts'
export type { AnswerTarget, BrokenBody, WrongAnswer, WrongPage, WrongStatus } from './script.ts'
export type { Dial, SeenRequest, Stats } from './stats.ts'
export type { NewContext, StoredContext } from './stored-context.ts'
export type { NewEvent, StoredEvent } from './stored-event.ts'
