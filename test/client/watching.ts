import { expect } from 'vitest'
import {
  createMeshery,
  type ErrorCode,
  type EventsArguments,
  type Meshery,
  MesheryError,
  type MesheryEvent,
  type MesheryOptions,
  type Notice,
  type SubscribeOptions,
  type Subscription,
  type TransportName,
} from '../../src/index.ts'
import type { FakeMeshery, Release, StoredEvent } from '../../src/testing/index.ts'
import { eventually } from '../waiting.ts'

/** The waits of a client are short here, but for those that only a server which never answers makes it wait. */
export const hasty: MesheryOptions = {
  // Every release accepts these.
  provider: 'None',
  timeouts: { connect: 30_000, request: 30_000, ping: 300, pong: 30_000, close: 500 },
  polling: { interval: 100, maxInterval: 200 },
  // Reads are half a second apart: a shorter wait would deliver frames before their rows.
  settle: 1_500,
}

/** For a server that does not answer or has frozen: the client soon takes it for what it is. */
export const impatient: NonNullable<MesheryOptions['timeouts']> = {
  ...hasty.timeouts,
  connect: 2_000,
  request: 2_000,
  pong: 1_500,
}

/** One subscription of a client of its own, and everything that came of it. */
export interface Watching extends AsyncDisposable {
  readonly meshery: Meshery
  readonly subscription: Subscription<MesheryEvent>
  readonly events: MesheryEvent[]
  readonly notices: Notice[]
  /** The errors that notices contain as their reason. */
  reasons(): MesheryError[]
  /** Resolves with the error that ends it. */
  readonly failure: Promise<MesheryError>
}

export interface WatchOptions {
  readonly options?: MesheryOptions
  readonly arguments?: EventsArguments
  readonly subscribe?: SubscribeOptions
}

/** Subscribes by a client of its own, and reads on. */
export const watch = (url: string, { options, arguments: given, subscribe }: WatchOptions = {}): Watching => {
  const meshery = createMeshery({ ...hasty, url, ...options })
  return { ...follow(meshery, given, subscribe), meshery, [Symbol.asyncDispose]: () => meshery.close() }
}

/** Subscribes by an existing client, and reads on. */
export const follow = (
  meshery: Meshery,
  given?: EventsArguments,
  subscribe: SubscribeOptions = {},
): Omit<Watching, 'meshery' | keyof AsyncDisposable> => {
  const events: MesheryEvent[] = []
  const notices: Notice[] = []
  const subscription = meshery.subscribeEvents(given, { ...subscribe, onNotice: (notice) => notices.push(notice) })
  const read = async (): Promise<void> => {
    for await (const event of subscription) events.push(event)
  }
  const failure = new Promise<MesheryError>((resolve, reject) => {
    read().then(
      () => reject(new Error('It ended without an error')),
      (error: unknown) => (error instanceof MesheryError ? resolve(error) : reject(error)),
    )
  })
  // A test that expects no failure does not await it.
  failure.catch(() => {})
  const reasons = (): MesheryError[] =>
    notices.flatMap((notice) => ('reason' in notice && notice.reason !== null ? [notice.reason] : []))
  return { subscription, events, notices, failure, reasons }
}

/** The status of a stream that works over a transport. `why` is the code of the reason for polling; null where it is wanted. */
export const worksOver = (transport: TransportName, why: ErrorCode | null = 'TRANSPORT_UNAVAILABLE'): object => {
  const isPolled = transport === 'polling'
  const reason = isPolled && why !== null ? expect.objectContaining({ code: why }) : null
  return { state: isPolled ? 'polling' : 'live', transport, reason }
}

/** Why a release is followed over SSE and not over WebSocket. */
const whyNoWebSocket: Partial<Record<Release, ErrorCode>> = {
  'v1.0.52': 'UNSUPPORTED',
  current: 'TRANSPORT_UNAVAILABLE',
}

/** No error but the one that names why the release is not followed over WebSocket. */
export const expectNoOtherReason = (watching: Pick<Watching, 'reasons'>, release: Release): void =>
  expect(watching.reasons().map(({ code }) => code)).toEqual([whyNoWebSocket[release] ?? []].flat())

/** Waits until the assertion passes. */
export const until = (claim: () => void, timeoutMs?: number): Promise<void> => eventually(claim, timeoutMs)

/** The description of each event, which no two events of a test share unless the test says so. */
export const descriptions = (events: readonly { readonly description: string | null }[]): (string | null)[] =>
  events.map(({ description }) => description)

export const isLive = ({ subscription }: Pick<Watching, 'subscription'>): Promise<void> =>
  until(() => expect(subscription.status.state).toBe('live'))

/** Exactly these events, each once. */
export const gotAll = async (watching: Pick<Watching, 'events'>, stored: readonly StoredEvent[]): Promise<void> => {
  await until(() => expect(watching.events.length).toBeGreaterThanOrEqual(stored.length))
  expect(descriptions(watching.events).toSorted()).toEqual(descriptions(stored).toSorted())
}

/** The same, and in the order of the store. */
export const gotInOrder = async (watching: Pick<Watching, 'events'>, stored: readonly StoredEvent[]): Promise<void> => {
  await until(() => expect(watching.events.length).toBeGreaterThanOrEqual(stored.length))
  expect(descriptions(watching.events)).toEqual(descriptions(stored))
}

/** Adds one more event, which comes after all others: a duplicate would have come before it. */
export const lastOne = async (watching: Pick<Watching, 'events'>, fake: FakeMeshery): Promise<StoredEvent> => {
  const last = fake.events.add({ description: 'the last one' })
  await until(() => expect(descriptions(watching.events)).toContain('the last one'))
  return last
}

/** Subscribes over this transport, with nothing lost and no duplicates. */
export const goesOver = async (
  watching: Watching,
  transport: TransportName,
  fake: FakeMeshery,
  why?: ErrorCode | null,
): Promise<void> => {
  await until(() => expect(watching.subscription.status).toMatchObject(worksOver(transport, why)))
  fake.events.add()
  await gotAll(watching, fake.events.rows)
}

/** How often a client has dialled a transport of the server. */
export const dials = (fake: FakeMeshery, transport: TransportName): number =>
  fake.stats.dials.filter((dial) => dial.transport === transport).length

/** Sends a value of `subscribeEvents` to all live channels, as the server would push it. */
export const pushRaw = (fake: FakeMeshery, value: unknown): void => {
  if (fake.stats.openStreams > 0) {
    fake.faults.sendRaw(`data: ${JSON.stringify(value)}\n\n`)
    return
  }
  const subscribed = fake.stats.received.findLast(
    (message) => typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'subscribe',
  )
  const id: unknown = typeof subscribed === 'object' && subscribed !== null ? Reflect.get(subscribed, 'id') : undefined
  fake.faults.sendRaw(JSON.stringify({ type: 'next', id, payload: { data: { subscribeEvents: value } } }))
}

/** Counts unhandled rejections. Node reports them after the microtasks, so a test may check them at its end. */
export const unhandled = (): { readonly reasons: unknown[]; stop(): void } => {
  const reasons: unknown[] = []
  const record = (reason: unknown): void => void reasons.push(reason)
  process.on('unhandledRejection', record)
  return { reasons, stop: () => void process.off('unhandledRejection', record) }
}
