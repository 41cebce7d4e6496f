import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sleep } from '../../src/base/abort.ts'
import { MesheryError } from '../../src/base/errors.ts'
import { polling } from '../../src/transports/polling.ts'
import { dial, Recorder, serverAt } from './rig.ts'

const server = serverAt('http://x.test')
const timeouts = { poll: 1_000, pollMax: 3_000, close: 500 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('polling', () => {
  it('reads at once, then ever more seldom while nothing is new, and often again when something was', async () => {
    await using connection = dial(polling, server, timeouts)
    const times: number[] = []
    const begin = performance.now()
    const poll = () => Promise.resolve(times.push(performance.now() - begin) === 6)
    connection.start({ poll }, new Recorder())
    await vi.advanceTimersByTimeAsync(15_000)
    expect(times).toEqual([0, 1_000, 2_500, 4_750, 7_750, 10_750, 11_750, 13_250])
  })

  it('opens with the first read that succeeds', async () => {
    await using connection = dial(polling, server, timeouts)
    const listener = new Recorder()
    const poll = (signal: AbortSignal): Promise<boolean> => sleep(4_000, signal).then(() => true)
    connection.start({ poll }, listener)
    await vi.advanceTimersByTimeAsync(3_999)
    expect(listener.opened).toBe(0)
    await vi.advanceTimersByTimeAsync(20_000)
    expect([listener.opened, listener.frames]).toEqual([1, []])
  })

  it('never reads twice at once', async () => {
    await using connection = dial(polling, server, timeouts)
    let running = 0
    let most = 0
    const poll = async (signal: AbortSignal): Promise<boolean> => {
      most = Math.max(most, ++running)
      await sleep(2_500, signal)
      running--
      return true
    }
    connection.start({ poll }, new Recorder())
    await vi.advanceTimersByTimeAsync(30_000)
    expect(most).toBe(1)
  })

  it('ends with what a read fails with, and reads no more', async () => {
    await using connection = dial(polling, server, timeouts)
    const error = new MesheryError('RATE_LIMITED', 'slowly', { phase: 'poll' })
    const poll = vi.fn(() => Promise.reject(error))
    const listener = new Recorder()
    connection.start({ poll }, listener)
    expect(await connection.ended).toBe(error)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([poll.mock.calls.length, listener.opened, listener.ends]).toEqual([1, 0, []])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends as lost when a read fails with what is no error of ours', async () => {
    await using connection = dial(polling, server, timeouts)
    const cause = new Error('odd')
    connection.start({ poll: () => Promise.reject(cause) }, new Recorder())
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_LOST', phase: 'poll', cause })
  })

  it('aborts a read that is under way when it is closed, and leaves no timer', async () => {
    const connection = dial(polling, server, timeouts)
    let seen: AbortSignal | undefined
    const poll = (signal: AbortSignal): Promise<boolean> => {
      seen = signal
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    connection.start({ poll }, new Recorder())
    await connection.close()
    expect([seen?.aborted, await connection.ended, vi.getTimerCount()]).toEqual([true, undefined, 0])
  })

  it('closes within timeouts.close even when a read does not heed its signal', async () => {
    const connection = dial(polling, server, timeouts)
    connection.start({ poll: () => new Promise(() => {}) }, new Recorder())
    const closed = vi.fn()
    void connection.close().then(closed)
    await vi.advanceTimersByTimeAsync(499)
    expect(closed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(closed).toHaveBeenCalled()
  })

  it('refuses what cannot be polled', async () => {
    await using connection = dial(polling, server, timeouts)
    connection.start({}, new Recorder())
    expect(await connection.ended).toMatchObject({ code: 'UNSUPPORTED', phase: 'poll' })
  })
})
