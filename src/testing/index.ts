/**
 * A fake Meshery Server for tests.
 *
 * ```ts
 * await using fake = await startFakeMeshery({ release: 'v0.8' })
 * const meshery = createMeshery({ url: fake.url })
 * fake.events.add({ severity: 'error', description: 'It broke.' })
 * fake.faults.cut()
 * ```
 *
 * @module
 */
export type { Auth } from './auth.ts'
export type { Garbage } from './channels.ts'
export type { FakeEvents, HowAdded } from './events.ts'
export { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from './fake-meshery.ts'
export type { Faults } from './faults.ts'
export { ResolverError } from './graphql-errors.ts'
export { type Release, releases } from './release.ts'
export { type Frames, frames, type Resolver } from './resolvers.ts'
export type { AnswerTarget, WrongAnswer } from './script.ts'
export type { Dial, SeenRequest, Stats } from './stats.ts'
export type { NewEvent, StoredEvent } from './stored-event.ts'
