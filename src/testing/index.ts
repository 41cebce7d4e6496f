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

export { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from './fake-meshery.ts'
export type {
  AnswerTarget,
  BrokenBody,
  BrokenWrite,
  WrongAnswer,
  WrongPage,
  WrongStatus,
} from './faults/active-faults.ts'
export type { Faults } from './faults/faults.ts'
export type { Garbage } from './faults/live-channel.ts'
export { ResolverError } from './graphql/errors.ts'
export { type Frames, frames, type Resolver } from './graphql/field-source.ts'
export type { Auth } from './network/identity-provider.ts'
export type { Dial, SeenRequest, Stats } from './network/request-log.ts'
export { type Release, releases } from './releases/release-profile.ts'
export type { FakeResources, StoredResources } from './resources/cluster-resources/cluster-resources.ts'
export type { FakeConfiguration } from './resources/configuration/configuration.ts'
export type {
  NewApplication,
  NewFilter,
  NewPattern,
  NullString,
  StoredApplication,
  StoredContent,
  StoredFilter,
  StoredPattern,
} from './resources/configuration/content-rows.ts'
export type { FakeContexts } from './resources/contexts/contexts.ts'
export type { NewContext, StoredContext } from './resources/contexts/stored-context.ts'
export type { ControllerName, ControllerStatus } from './resources/controllers/controller-status.ts'
export type { StoredController } from './resources/controllers/controller-table.ts'
export type { ControllerState, FakeControllers } from './resources/controllers/controllers.ts'
export type { FakeEvents, HowAdded } from './resources/events/events.ts'
export type { NewEvent, StoredEvent } from './resources/events/stored-event.ts'
export type { FakePerf } from './resources/performance/performance.ts'
export type { NewProfile, NewResult, StoredProfile, StoredResult } from './resources/performance/performance-rows.ts'
export type { FakeRegistry } from './resources/registry/registry.ts'
export type {
  NewComponent,
  NewModel,
  NewRelationship,
  StoredComponent,
  StoredModel,
  StoredRelationship,
} from './resources/registry/registry-rows.ts'
