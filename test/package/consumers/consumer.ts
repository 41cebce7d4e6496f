// The code of a user, with the expected type of each value. Compiled by test/package/types.test.ts as a module and as CommonJS,
// by the oldest TypeScript that is supported and by the newest: no syntax that is newer than the oldest.
import {
  type Change,
  changes,
  createMeshery,
  type Document,
  type ErrorCode,
  type EventStatus,
  type K8sContext,
  type KnownSeverity,
  type Meshery,
  MesheryError,
  type MesheryEvent,
  type Notice,
  type Subscription,
  severities,
  until,
} from 'meshery-live'
import { createEventActions, type EventChanges, type EventFilters } from 'meshery-live/actions'
import * as parsed from 'meshery-live/documents'
import * as texts from 'meshery-live/documents/text'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false

/** A wrong type does not fit here. `any` is equal only to itself. */
const is = <Claim extends true>(..._: Claim[]): void => {}

export async function act(signal: AbortSignal): Promise<void> {
  const actions = createEventActions({ url: 'http://localhost:9081' })
  const filters: EventFilters = { severity: ['error', 'critical'], status: 'unread' }
  const { events, totalCount } = await actions.listEvents({ ...filters, pageSize: 100 }, { signal })
  is<Equal<typeof totalCount, number | null>>()
  for await (const event of actions.listAllEvents(filters)) is<Equal<typeof event, MesheryEvent>>()
  const changed = await actions.markRead(events.flatMap(({ id }) => id ?? []))
  is<Equal<typeof changed, EventChanges>>()
  // @ts-expect-error: no severity is called this
  await actions.listEvents({ severity: 'bad' })
  await actions.close()
}

export async function follow(signal: AbortSignal): Promise<void> {
  const meshery: Meshery = createMeshery({ url: 'http://localhost:9081', signal, retry: { attempts: 5 } })
  const events = meshery.subscribeEvents(
    { severity: ['error', 'critical'], where: ({ metadata }) => metadata !== null },
    {
      signal,
      onNotice(notice) {
        is<Equal<typeof notice, Notice>>()
        if (notice.kind === 'gap') is<Equal<typeof notice.complete, boolean>>()
      },
    },
  )
  is<Equal<typeof events, Subscription<MesheryEvent>>>()
  is<Equal<typeof events.ready, Promise<void>>>()
  await events.ready
  for await (const event of events) {
    is<Equal<IsAny<typeof event>, false>>()
    is<Equal<typeof event, MesheryEvent>>()
    is<Equal<typeof event.description, string | null>>()
    is<Equal<IsAny<typeof event.severity>, false>>()
    // @ts-expect-error: no event has this
    event.nothing
  }

  const iterator = events[Symbol.asyncIterator]()
  const result = await iterator.next()
  is<Equal<IsAny<typeof result.value>, false>>()
  if (result.done) is<Equal<typeof result.value, undefined>>()
  else is<Equal<typeof result.value, MesheryEvent>>()
  for await (const event of iterator) is<Equal<typeof event, MesheryEvent>>()

  const some = await until(events, ({ severity }) => severity === 'error', { timeout: 1_000, signal })
  is<Equal<typeof some, MesheryEvent>>()
  const named = await until(
    meshery.subscribeK8sContext({ all: true }),
    (page): page is typeof page & { readonly named: true } => page.contexts.length > 0,
  )
  is<typeof named.named>()
  for await (const change of changes(meshery.subscribeK8sContext())) {
    is<Equal<IsAny<typeof change>, false>>()
    is<Equal<typeof change, Change<K8sContext, 'contexts'>>>()
    is<Equal<typeof change.kind, 'added' | 'updated' | 'removed'>>()
  }
  for await (const controllers of meshery.subscribeMesheryControllersStatus())
    for (const one of controllers) is<Equal<typeof one.connectionID, string>>()
  for await (const { total_count } of meshery.subscribePerfProfiles()) is<Equal<typeof total_count, number | null>>()

  await meshery.close()
}

export async function documents(meshery: Meshery): Promise<void> {
  const mine: Document<{ readonly answer: number }, { readonly question: string }> = 'subscription { answer }'
  for await (const data of meshery.subscribe(mine, { question: 'why' })) {
    is<Equal<IsAny<typeof data>, false>>()
    is<Equal<typeof data.answer, number>>()
  }
  // @ts-expect-error: these are not its variables
  meshery.subscribe(mine, { question: 1 })
  // @ts-expect-error: it requires variables
  meshery.subscribe(mine)
  // @ts-expect-error: it requires variables
  meshery.subscribe(parsed.v0_8.ClusterResourcesDocument, undefined, {})
  meshery.subscribe(parsed.v0_8.ClusterResourcesDocument, { namespace: 'default' }, { buffer: 1 })
  meshery.subscribe(texts.v0_8.EventsDocument, undefined, { buffer: 1 })
  meshery.subscribe(texts.v0_8.EventsDocument, {})
  interface Own {
    readonly question: string
  }
  const own: Own = { question: 'why' }
  meshery.subscribe('subscription Own($question: String!) { answer(question: $question) }', own)
  for await (const data of meshery.subscribe<{ readonly n: number }>('subscription { n }'))
    is<Equal<typeof data.n, number>>()
  for await (const data of meshery.subscribe('subscription { answer }')) is<Equal<typeof data, unknown>>()
  for await (const data of meshery.subscribe(texts.v0_8.EventsDocument)) {
    is<Equal<IsAny<typeof data.subscribeEvents>, false>>()
    is<Equal<typeof data.subscribeEvents.description, string>>()
  }
  for await (const data of meshery.subscribe(parsed.v0_8.EventsDocument)) {
    is<Equal<IsAny<typeof data.subscribeEvents>, false>>()
    is<Equal<typeof data.subscribeEvents.description, string>>()
  }
}

/** A filter of the severity of an event, whose type is open. */
export function likeThis(meshery: Meshery, event: MesheryEvent): Subscription<MesheryEvent> {
  const severity: KnownSeverity | undefined = severities.find((known) => known === event.severity)
  const status: EventStatus = event.status === 'read' ? 'read' : 'unread'
  // @ts-expect-error: no severity is called this
  meshery.subscribeEvents({ severity: 'bad' })
  return meshery.subscribeEvents({ severity, status })
}

/** What `await using` calls: it is declared also where the language does not have it yet. */
export async function dispose(meshery: Meshery, events: Subscription<MesheryEvent>): Promise<void> {
  is<Equal<ReturnType<(typeof meshery)[typeof Symbol.asyncDispose]>, Promise<void>>>()
  await events[Symbol.asyncDispose]()
  await meshery[Symbol.asyncDispose]()
}

export function describeError(error: unknown): string {
  if (!(error instanceof MesheryError)) return severities.join(' ')
  is<Equal<typeof error.code, ErrorCode>>()
  is<Equal<typeof error.remedy, string>>()
  return error.remedy
}
