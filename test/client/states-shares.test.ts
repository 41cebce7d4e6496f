import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OperationLimit } from '../../src/client/operation-limit.ts'
import { type Share, SharedStates } from '../../src/client/shared-states.ts'
import type { Notice } from '../../src/connection/notice.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import {
  advance,
  errorOf,
  type Joined,
  lastOf,
  type Names,
  push,
  type Script,
  scripted,
  scriptedContext,
  statesOf,
} from '../states/scripted-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  readonly script: Script
  readonly sharing: SharedStates<{ readonly of: string }, Names>
  readonly joined: Joined[]
  readonly running: OperationLimit
}

const begin = (order?: readonly TransportName[], most = 2): Rig => {
  const script = scripted()
  const { context, joined } = scriptedContext(order)
  const limit = new OperationLimit(most)
  return {
    script,
    sharing: new SharedStates(script.stream, { ...context, namesTransports: false, limit }),
    joined,
    running: limit,
  }
}

const subscribe = ({ sharing }: Rig) => {
  const share: Share<Names> = sharing.share({})
  const notices: Notice[] = []
  return { subscriber: share.join((notice) => notices.push(notice)), notices, leave: share.leave }
}

describe('a state with several subscriptions', () => {
  it('has one stream, which ends a second after the last of them', async () => {
    const rig = begin()
    const [one, other] = [subscribe(rig), subscribe(rig)]
    expect([rig.joined.length, rig.running.size]).toEqual([1, 1])
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    one.leave()
    await advance(5_000)
    expect(lastOf(rig.joined).left).toBe(false)
    other.leave()
    await advance(999)
    expect([lastOf(rig.joined).left, rig.running.size]).toEqual([false, 1])
    await advance(1)
    expect([lastOf(rig.joined).left, rig.running.size, vi.getTimerCount()]).toEqual([true, 0, 0])
  })

  it('is up to date for a subscription made within that second', async () => {
    const rig = begin()
    const one = subscribe(rig)
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    one.leave()
    await advance(500)
    push(lastOf(rig.joined), ['b'])
    const late = subscribe(rig)
    expect(await late.subscriber.queue.next()).toEqual({ done: false, value: ['a', 'b'] })
    await advance(5_000)
    expect([rig.joined.length, lastOf(rig.joined).left]).toEqual([1, false])
    rig.sharing.close()
  })

  it('is started again by a new subscription after a failure, even before the others left', async () => {
    const rig = begin(['websocket'])
    const one = subscribe(rig)
    lastOf(rig.joined).listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    // The first one has not left yet.
    const next = subscribe(rig)
    expect(rig.joined).toHaveLength(2)
    one.leave()
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    expect(await next.subscriber.queue.next()).toEqual({ done: false, value: ['a'] })
    expect(rig.running.size).toBe(1)
    next.leave()
    await advance(1_000)
    expect([rig.running.size, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('that failed without a subscription is started again', async () => {
    const rig = begin(['websocket'])
    subscribe(rig).leave()
    lastOf(rig.joined).listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    const next = subscribe(rig)
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    expect(await next.subscriber.queue.next()).toEqual({ done: false, value: ['a'] })
    expect([rig.joined.length, rig.running.size]).toEqual([2, 1])
    await advance(5_000)
    expect(lastOf(rig.joined).left).toBe(false)
    rig.sharing.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is started again by a subscription made in the listener that receives the failure', async () => {
    const rig = begin(['websocket'])
    const share = rig.sharing.share({})
    let next: ReturnType<typeof subscribe> | undefined
    share.join((notice) => {
      if (notice.kind === 'status' && notice.state === 'failed') next = subscribe(rig)
    })
    lastOf(rig.joined).listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    share.leave()
    expect(rig.joined).toHaveLength(2)
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    expect(await next?.subscriber.queue.next()).toEqual({ done: false, value: ['a'] })
    rig.sharing.close()
    expect([rig.running.size, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('is released at once when it has failed', async () => {
    const rig = begin(['websocket'])
    const one = subscribe(rig)
    lastOf(rig.joined).listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    expect(statesOf(one.notices).at(-1)).toBe('failed')
    one.leave()
    expect([rig.running.size, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('has a value for a new subscription when the old one leaves at the same time', async () => {
    const rig = begin()
    const one = subscribe(rig)
    lastOf(rig.joined).listener.open()
    push(lastOf(rig.joined), ['a'])
    const other = subscribe(rig)
    one.leave()
    one.leave()
    await advance(5_000)
    expect(lastOf(rig.joined).left).toBe(false)
    other.leave()
    rig.sharing.close()
    expect([lastOf(rig.joined).left, rig.running.size, vi.getTimerCount()]).toEqual([true, 0, 0])
  })
})

describe('the cap', () => {
  it('is checked before a stream starts, and only for a new stream', async () => {
    const rig = begin(undefined, 1)
    const one = subscribe(rig)
    expect(() => subscribe(rig)).not.toThrow()
    const { sharing } = rig
    const other = new SharedStates(scripted().stream, {
      ...scriptedContext().context,
      namesTransports: false,
      limit: rig.running,
    })
    expect(() => other.share({})).toThrow('1 different things are followed already')
    expect(rig.joined).toHaveLength(1)
    one.leave()
    sharing.close()
    expect(() => other.share({})).not.toThrow()
  })
})
