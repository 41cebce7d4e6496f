import { expect } from 'vitest'
import { isRecord } from '../../src/base/checks.ts'
import { MesheryError } from '../../src/base/errors.ts'
import { createMeshery, type Meshery, type MesheryOptions, type Notice, type Subscription } from '../../src/index.ts'
import { RestFallback } from '../../src/states/rest-fallback.ts'
import type { StateRequests } from '../../src/streams/state-declaration.ts'
import { type FakeMeshery, type Release, releases } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { hasty } from '../client/watching.ts'
import { serverAt } from '../transports/rig.ts'
import { eventually } from '../waiting.ts'

type Way = readonly [release: Release, transport: TransportName]

/** Every release with each of the transports that have the state, where it has no SSE stream. */
export const everyWay: readonly Way[] = releases.flatMap((release): readonly Way[] =>
  release === 'current'
    ? [[release, 'polling']]
    : [
        [release, 'websocket'],
        [release, 'polling'],
      ],
)

/** A state that is read continuously by a client of its own, and everything that came of it. */
export interface Following<Value> extends AsyncDisposable {
  readonly subscription: Subscription<Value>
  readonly values: Value[]
  readonly notices: Notice[]
  /** Waits until the newest value passes the assertion. Rejects with what ends the subscription. */
  newest(claim: (value: Value) => void): Promise<void>
}

export const following = <Value>(
  url: string,
  subscribe: (meshery: Meshery, onNotice: (notice: Notice) => void) => Subscription<Value>,
  options: MesheryOptions = {},
): Following<Value> => {
  const meshery = createMeshery({ ...hasty, url, ...options })
  const values: Value[] = []
  const notices: Notice[] = []
  const subscription = subscribe(meshery, (notice) => notices.push(notice))
  const read = async (): Promise<void> => {
    for await (const value of subscription) values.push(value)
  }
  const ended = read().then(() => Promise.reject(new Error('It ended without an error')))
  // A test that expects no end does not await it.
  ended.catch(() => {})
  const newest = (claim: (value: Value) => void): Promise<void> => {
    const claimNewest = (): void => {
      const value = values.at(-1)
      if (value === undefined) throw new Error('Nothing came')
      claim(value)
    }
    return Promise.race([eventually(claimNewest), ended])
  }
  return { subscription, values, notices, newest, [Symbol.asyncDispose]: () => meshery.close() }
}

/** Waits until the subscription is live. */
export const isLive = ({
  subscription,
}: {
  readonly subscription: Pick<Subscription<unknown>, 'status'>
}): Promise<void> => eventually(() => expect(subscription.status.state).toBe('live'))

/** How often the fake received a request for a path. */
export const asked = ({ stats }: FakeMeshery, path: string): number =>
  stats.requests.filter((request) => request.path === path).length

/** How many operations the fake received over WebSockets. */
export const subscribes = ({ stats }: FakeMeshery): number =>
  stats.received.filter((message) => isRecord(message) && message['type'] === 'subscribe').length

/** The real requests of a client to a fake, except that pauses between pages are only counted. */
export const askOn = ({ url }: FakeMeshery): { readonly ask: StateRequests; readonly turns: () => number } => {
  const ask = new RestFallback(serverAt(url), 5_000).until(new AbortController().signal)
  let turns = 0
  const turn = async (): Promise<void> => {
    turns++
  }
  return { ask: { ...ask, waitForSlot: turn }, turns: () => turns }
}

/** A server that answers each path by a function, and each query by another. */
export const scriptedAsk = (
  answer: (path: string) => unknown,
  query: StateRequests['query'] = () =>
    Promise.reject(new MesheryError('UNSUPPORTED', 'no such query', { phase: 'subscribe' })),
): StateRequests => ({
  get: async (path) => answer(path),
  query,
  zeroBased: new Set(),
  async firstSupported(_, ways) {
    for (const way of ways)
      try {
        const result = await way()
        if (result !== undefined) return result
      } catch (error) {
        if (!(error instanceof MesheryError && ['NOT_MESHERY', 'UNSUPPORTED'].includes(error.code))) throw error
      }
    throw new MesheryError('NOT_MESHERY', 'not known', { phase: 'poll' })
  },
  waitForSlot: async () => {},
})
