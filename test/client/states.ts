import { expect } from 'vitest'
import { isRecord } from '../../src/base/checks.ts'
import { MesheryError, type Notice, type Subscription } from '../../src/index.ts'
import type { FakeMeshery } from '../../src/testing/index.ts'
import { until } from './watching.ts'

/** One subscription to a state that is read continuously, and everything that came of it. */
export interface Followed<Value> {
  readonly subscription: Subscription<Value>
  readonly values: Value[]
  readonly notices: Notice[]
  /** Resolves with the error that ends it. */
  readonly failure: Promise<MesheryError>
  /** Waits until the newest value passes the assertion. Rejects with what ends the subscription. */
  newest(claim: (value: Value | undefined) => void): Promise<void>
}

export const followState = <Value>(
  subscribe: (onNotice: (notice: Notice) => void) => Subscription<Value>,
): Followed<Value> => {
  const [values, notices]: [Value[], Notice[]] = [[], []]
  const subscription = subscribe((notice) => notices.push(notice))
  const read = async (): Promise<void> => {
    for await (const value of subscription) values.push(value)
  }
  const failure = new Promise<MesheryError>((resolve, reject) => {
    read().then(
      () => reject(new Error('It ended without an error')),
      (error: unknown) => (error instanceof MesheryError ? resolve(error) : reject(error)),
    )
  })
  // A test that expects no failure does not await it.
  failure.catch(() => {})
  const ended = failure.then((error) => Promise.reject(error))
  ended.catch(() => {})
  const newest = (claim: (value: Value | undefined) => void): Promise<void> =>
    Promise.race([until(() => claim(values.at(-1))), ended])
  return { subscription, values, notices, failure, newest }
}

/** How often the fake received a request for a path. */
export const asked = ({ stats }: FakeMeshery, path: string): number =>
  stats.requests.filter((request) => request.path === path).length

/** How many operations the fake received over WebSockets. */
export const subscribes = ({ stats }: FakeMeshery): number =>
  stats.received.filter((message) => isRecord(message) && message['type'] === 'subscribe').length

/** The fake has no connection or operation of any client. */
export const isIdle = ({ stats }: FakeMeshery): Promise<void> =>
  until(() => expect([stats.operations, stats.openSockets, stats.openStreams]).toEqual([0, 0, 0]))

export const contextsPath = '/api/system/kubernetes/contexts'
