import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import type { ConnectionListener } from '../../src/connection/connection-listener.ts'
import type { Status } from '../../src/connection/notice.ts'
import { idle, type RetryState } from '../../src/connection/retry-policy.ts'
import { TransportSelector } from '../../src/connection/transport-selector.ts'
import type { Operation, TransportName } from '../../src/transports/contract.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const errorOf = (code: ErrorCode, details: Record<string, unknown> = {}): MesheryError =>
  new MesheryError(code, `${code} as scripted`, { phase: 'upgrade', details })
const unavailable = errorOf('TRANSPORT_UNAVAILABLE')
const permanent = errorOf('TRANSPORT_UNAVAILABLE', { permanent: true })
const waiting = (error: MesheryError): RetryState => ({ ...idle, kind: 'waiting', attempt: 1, error })

interface Joined {
  readonly transport: TransportName
  readonly listener: ConnectionListener
  left: boolean
}

/** A selector over connections that do what the test says, and the log of what its listener got. */
class Rig {
  readonly joined: Joined[] = []
  readonly log: string[] = []
  readonly statuses: Status[] = []
  readonly failures: MesheryError[] = []
  /** Of each line of the log that is a state. */
  readonly reasons: (MesheryError | null)[] = []
  release: string | null = 'v1.0.60'
  versionsAsked = 0
  readonly selector: TransportSelector

  constructor(
    order: readonly TransportName[] = ['websocket', 'sse', 'polling'],
    operations: readonly Operation[] = [{ graphql: { query: 'old' } }, { graphql: { query: 'new' } }],
  ) {
    this.selector = new TransportSelector(
      { name: 'subscribeRows', operations, since: 'v0.6' },
      {
        state: ({ kind, error }, status) => {
          if (status) this.statuses.push(status)
          this.log.push(`${status?.transport} ${kind}`)
          this.reasons.push(error)
        },
        open: (status) => {
          this.statuses.push(status)
          this.log.push(`${status.transport} open`)
        },
        frame: ({ data }, transport, ours) => this.log.push(`${transport} ${data}${ours ? '' : ' beside'}`),
        end: (error) => this.failures.push(error),
      },
      {
        order,
        firstByte: 20_000,
        documentVariants: new Map(),
        join: (transport, listener) => {
          const entry: Joined = { transport, listener, left: false }
          this.joined.push(entry)
          return {
            state: undefined,
            leave: () => {
              entry.left = true
            },
          }
        },
        version: async () => {
          this.versionsAsked++
          return this.release
        },
      },
    )
    this.selector.start()
  }

  /** The one joined last. */
  get last(): Joined {
    const last = this.joined.at(-1)
    if (!last) throw new Error('nothing was joined')
    return last
  }

  get order(): TransportName[] {
    return this.joined.map(({ transport }) => transport)
  }

  get query(): string | undefined {
    return this.last.listener.operation.graphql?.query
  }
}

describe('falling back', () => {
  it('goes from WebSocket to SSE to polling, at once', () => {
    const rig = new Rig()
    rig.last.listener.end(unavailable)
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    expect(rig.order).toEqual(['websocket', 'sse', 'polling'])
    expect(rig.log).toEqual(['polling open'])
    expect(rig.failures).toEqual([])
  })

  it('gives each next transport the reason why it is tried, and polling the reason why it is no better one', () => {
    const rig = new Rig()
    const reasons = ['websocket', 'sse'].map(
      (name) => new MesheryError('TRANSPORT_UNAVAILABLE', name, { phase: 'upgrade' }),
    )
    for (const reason of [null, ...reasons]) {
      rig.last.listener.state({ ...idle, kind: 'connecting', attempt: 1 })
      expect(rig.statuses.at(-1)).toMatchObject({ state: 'connecting', transport: rig.last.transport, reason })
      if (rig.last.transport !== 'polling') rig.last.listener.end(reasons[rig.joined.length - 1])
    }
    rig.last.listener.open()
    expect(rig.statuses.at(-1)).toMatchObject({ state: 'polling', transport: 'polling', reason: reasons[1] })
  })

  it('gives no reason for what is live, nor for the best transport', () => {
    const rig = new Rig()
    rig.last.listener.open()
    expect(rig.statuses).toMatchObject([{ state: 'live', transport: 'websocket', reason: null }])
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    expect(rig.statuses.at(-1)).toMatchObject({ state: 'live', transport: 'sse', reason: null })
  })

  it('goes only where it is allowed to, in the order that it was given', () => {
    const rig = new Rig(['polling', 'websocket'])
    rig.last.listener.end(unavailable)
    expect(rig.order).toEqual(['polling', 'websocket'])
  })

  it('fails when nothing is left that ever worked, and says why of each', () => {
    const rig = new Rig(['websocket', 'sse'])
    rig.last.listener.end(unavailable)
    rig.last.listener.end(errorOf('TRANSPORT_UNAVAILABLE'))
    expect(rig.failures).toMatchObject([{ code: 'NO_TRANSPORT', phase: 'upgrade' }])
    expect(rig.failures[0]?.message).toContain('TRANSPORT_UNAVAILABLE as scripted; TRANSPORT_UNAVAILABLE as scripted')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not happen for what no other transport can fix', () => {
    for (const code of ['CREDENTIALS_REFUSED', 'RETRIES_EXHAUSTED', 'TLS_REFUSED', 'NOT_MESHERY'] as const) {
      const rig = new Rig()
      rig.last.listener.end(errorOf(code))
      expect(rig.failures).toMatchObject([{ code }])
      expect(rig.order).toEqual(['websocket'])
    }
  })

  it('happens for an operation that the server refuses by an error of its own', () => {
    const rig = new Rig()
    rig.last.listener.open()
    rig.last.listener.end(errorOf('GRAPHQL_ERROR'))
    expect(rig.order).toEqual(['websocket', 'sse'])
  })

  it('happens for an operation that ends soon, not for one that ran: that starts again', async () => {
    const rig = new Rig()
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(5_000)
    rig.last.listener.end()
    expect(rig.order).toEqual(['websocket', 'websocket'])
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(4_999)
    rig.last.listener.end()
    expect(rig.order).toEqual(['websocket', 'websocket', 'sse'])
  })

  it('reports the states of the current transport', () => {
    const rig = new Rig()
    rig.last.listener.state(waiting(errorOf('CONNECTION_LOST')))
    expect(rig.log).toEqual(['websocket waiting'])
  })
})

describe('the variants of a document', () => {
  it('are tried in order, and the one accepted is kept', async () => {
    const rig = new Rig()
    expect(rig.query).toBe('old')
    rig.last.listener.end(errorOf('UNSUPPORTED'))
    expect([rig.order, rig.query]).toEqual([['websocket', 'websocket'], 'new'])
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(10_000)
    rig.last.listener.end()
    expect(rig.query).toBe('new')
  })

  it.each([0, 1_000])('lead on to the next transport when none is accepted, each %i ms after it opened', async (ms) => {
    const rig = new Rig()
    for (let time = 0; time < 2; time++) {
      rig.last.listener.open()
      await vi.advanceTimersByTimeAsync(ms)
      rig.last.listener.end(errorOf('UNSUPPORTED'))
    }
    expect(rig.order).toEqual(['websocket', 'websocket', 'sse'])
  })

  it('lead on to the next transport when none is accepted', () => {
    const rig = new Rig()
    for (let time = 0; time < 2; time++) rig.last.listener.end(errorOf('UNSUPPORTED'))
    expect(rig.order).toEqual(['websocket', 'websocket', 'sse'])
  })

  it('make the failure UNSUPPORTED, with the releases that have it, when nothing else serves it either', () => {
    const rig = new Rig()
    for (let time = 0; time < 2; time++) rig.last.listener.end(errorOf('UNSUPPORTED'))
    for (let time = 0; time < 2; time++) rig.last.listener.end(unavailable)
    expect(rig.failures).toMatchObject([{ code: 'UNSUPPORTED', remedy: 'Use Meshery v0.6 or later.' }])
  })
})

describe('the way back', () => {
  /** On polling, with both others blocked for a time. */
  const onPolling = (): Rig => {
    const rig = new Rig()
    rig.last.listener.end(unavailable)
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    return rig
  }

  it('is tried after 60 s, beside the current transport, which is left only once the other is open', async () => {
    const rig = onPolling()
    const polling = rig.last
    await vi.advanceTimersByTimeAsync(59_999)
    expect(rig.order).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(rig.last.transport).toBe('websocket')
    rig.last.listener.frame({ data: 'early' })
    polling.listener.frame({ data: 'a' })
    expect(polling.left).toBe(false)
    rig.last.listener.open()
    expect(polling.left).toBe(true)
    rig.last.listener.frame({ data: 'b' })
    expect(rig.log).toEqual(['polling open', 'websocket early beside', 'polling a', 'websocket open', 'websocket b'])
  })

  it('is given up at the first failure and tried again after twice the time, to 10 min', async () => {
    const rig = onPolling()
    const tries: number[] = []
    const start = Date.now()
    for (let seconds = 0; seconds < 3_600; seconds++) {
      await vi.advanceTimersByTimeAsync(1_000)
      const candidate = rig.last
      if (candidate.left || candidate.transport === 'polling') continue
      if (candidate.transport === 'websocket') tries.push((Date.now() - start) / 1_000)
      candidate.listener.state(waiting(errorOf('CONNECTION_REFUSED')))
      expect(candidate.left).toBe(true)
    }
    const gaps = tries.map((at, index) => at - (tries[index - 1] ?? 0))
    for (const [index, least] of [60, 120, 240, 480, 600, 600].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(least)
      expect(gaps[index]).toBeLessThanOrEqual(least + 5)
    }
    expect(rig.log.filter((line) => line.includes('waiting'))).toEqual([])
  })

  it('becomes the current one when that ends meanwhile', async () => {
    const rig = onPolling()
    const polling = rig.last
    await vi.advanceTimersByTimeAsync(60_000)
    polling.listener.open()
    polling.listener.end(unavailable)
    rig.last.listener.state(waiting(errorOf('CONNECTION_LOST')))
    expect(rig.log.at(-1)).toBe('websocket waiting')
    rig.last.listener.open()
    rig.last.listener.frame({ data: 'a' })
    expect(rig.log.at(-1)).toBe('websocket a')
  })

  it('goes on when a transport that came back is lost again with all the others', async () => {
    const rig = onPolling()
    await vi.advanceTimersByTimeAsync(60_000)
    rig.last.listener.open()
    rig.last.listener.end(unavailable)
    for (let time = 0; time < 20 && rig.failures.length === 0; time++) {
      rig.last.listener.end(unavailable)
      await vi.advanceTimersByTimeAsync(30_000)
    }
    expect(rig.failures).toEqual([])
    rig.last.listener.open()
    rig.last.listener.frame({ data: 'back' })
    expect(rig.log.at(-1)).toContain('back')
    rig.selector.close()
  })

  it('ignores a transport that it left', async () => {
    const rig = onPolling()
    const [websocket, sse] = rig.joined
    websocket?.listener.end(unavailable)
    sse?.listener.end(errorOf('NOT_MESHERY'))
    sse?.listener.state(waiting(unavailable))
    expect(rig.order).toHaveLength(3)
    expect(rig.failures).toEqual([])
  })
})

describe('a stream that no transport delivers', () => {
  const failing = (): MesheryError => errorOf('GRAPHQL_ERROR')

  /** WebSocket opens and its operation ends at once; no other transport has the stream. */
  const standing = (order: readonly TransportName[] = ['websocket', 'sse', 'polling'], operation?: Operation): Rig => {
    const rig = new Rig(order, operation && [operation])
    rig.last.listener.open()
    rig.last.listener.end(failing())
    while (rig.last.transport !== order[0]) {
      const { last } = rig
      last.listener.end(last.transport === 'polling' ? errorOf('NOT_MESHERY') : unavailable)
      if (rig.last === last) break
    }
    return rig
  }

  /** Plays the server that flips: whatever is tried opens, and ends at once. */
  const flips = async (rig: Rig, ms: number): Promise<readonly number[]> => {
    const tries: number[] = []
    const begin = Date.now()
    let seen = rig.joined.length
    for (let passed = 0; passed < ms; passed += 100) {
      await vi.advanceTimersByTimeAsync(100)
      for (; seen < rig.joined.length; seen++) {
        tries.push(Math.round((Date.now() - begin) / 1_000))
        const { listener, transport } = rig.joined[seen] ?? rig.last
        if (transport !== 'websocket') {
          listener.end(unavailable)
          continue
        }
        listener.state({ ...idle, kind: 'connecting', attempt: 1 })
        listener.open()
        listener.end(failing())
      }
    }
    return tries
  }

  it('settles on the one whose connection opens, with one backoff, and reports the same all the time', async () => {
    const rig = standing()
    expect(rig.failures).toEqual([])
    expect(rig.log).toEqual(['websocket open', 'websocket waiting'])
    const tries = await flips(rig, 59_000)
    expect(tries).toEqual([1, 3, 7, 15, 31])
    expect(rig.order.slice(3)).toEqual(tries.map(() => 'websocket'))
    // What is reported again is the same notice.
    expect(new Set(rig.log.slice(1))).toEqual(new Set(['websocket waiting']))
    expect(new Set(rig.reasons.slice(1)).size).toBe(1)
    expect(rig.reasons.at(-1)).toMatchObject({ code: 'GRAPHQL_ERROR' })
    rig.selector.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is read beside each try, and what the read fails with changes nothing', async () => {
    let reads = 0
    const poll = async (): Promise<boolean> => {
      reads++
      throw errorOf('SERVER_ERROR')
    }
    const rig = standing(['websocket', 'sse'], { graphql: { query: 'one' }, poll })
    expect(reads).toBe(0)
    const tries = await flips(rig, 59_000)
    expect(reads).toBe(tries.length)
    expect(rig.failures).toEqual([])
    rig.selector.close()
  })

  it('waits no longer than 30 s, and looks at the others where their time has come', async () => {
    const rig = standing(['websocket', 'sse'])
    const tries = await flips(rig, 600_000)
    const gaps = tries.slice(6).map((at, index) => at - (tries[index + 5] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(31)
    expect(new Set(rig.order.slice(2))).toEqual(new Set(['websocket', 'sse']))
    expect(rig.order.filter((transport) => transport === 'sse').length).toBeLessThan(6)
    rig.selector.close()
  })

  it('is delivered as soon as something comes, and begins from nothing after it', async () => {
    const rig = standing()
    await flips(rig, 20_000)
    await vi.advanceTimersByTimeAsync(20_000)
    rig.last.listener.open()
    expect(rig.log.at(-1)).toBe('websocket waiting')
    rig.last.listener.frame({ data: 'a' })
    expect(rig.log.slice(-2)).toEqual(['websocket open', 'websocket a'])
    await vi.advanceTimersByTimeAsync(10_000)
    const { last } = rig
    last.listener.end(failing())
    // It ran: it is taken up again at once, and only when that fails, something is wrong.
    expect(rig.last).not.toBe(last)
    rig.last.listener.end(failing())
    while (rig.last.transport !== 'websocket') rig.last.listener.end(unavailable)
    expect(rig.log.at(-1)).toBe('websocket waiting')
    const before = rig.joined.length
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rig.joined.length).toBe(before + 1)
    rig.selector.close()
  })

  it('is delivered by an operation that stays open for 5 s, though nothing comes', async () => {
    const rig = standing()
    await vi.advanceTimersByTimeAsync(1_000)
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(rig.log.at(-1)).toBe('websocket waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(rig.log.at(-1)).toBe('websocket open')
    rig.selector.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves a transport that is held back, and does not take its next opening for a delivery', async () => {
    const rig = new Rig(['sse', 'polling'])
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(20_000)
    rig.last.listener.end(errorOf('TRANSPORT_UNAVAILABLE', { reason: 'buffered' }))
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(rig.order).toEqual(['sse', 'polling', 'sse'])
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(20_000)
    rig.last.listener.end(errorOf('TRANSPORT_UNAVAILABLE', { reason: 'buffered' }))
    expect(rig.log).toEqual(['sse open', 'polling open'])
    rig.selector.close()
  })

  it('is asked ever less often although each try delivers one value before it fails', async () => {
    const rig = new Rig(['websocket'])
    for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      rig.last.listener.open()
      rig.last.listener.frame({ data: 'a' })
      const before = rig.joined.length
      rig.last.listener.end(failing())
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(rig.joined).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(rig.joined).toHaveLength(before + 1)
    }
    rig.selector.close()
  })

  it('stays where it is polled, whatever opens beside it without delivering', async () => {
    const rig = new Rig(['websocket', 'polling'])
    rig.last.listener.open()
    rig.last.listener.end(failing())
    rig.last.listener.open()
    const polling = rig.last
    for (let tries = 0; tries < 3; tries++) {
      while (rig.last === polling || rig.last.left) await vi.advanceTimersByTimeAsync(1_000)
      rig.last.listener.open()
      rig.last.listener.end(failing())
    }
    expect(rig.log).toEqual(['websocket open', 'polling open'])
    expect(polling.left).toBe(false)
    rig.selector.close()
  })

  it('leaves polling that cannot have it either, though each read may be tried again', async () => {
    const rig = new Rig(['websocket', 'polling'])
    rig.last.listener.open()
    rig.last.listener.end(failing())
    rig.last.listener.state(waiting(errorOf('UNSUPPORTED')))
    expect([rig.last.left, rig.log]).toEqual([true, ['websocket open', 'websocket waiting']])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rig.last.transport).toBe('websocket')
    rig.selector.close()
  })

  it('shows other troubles as they are: a server that is gone, refused credentials', async () => {
    for (const code of ['CONNECTION_REFUSED', 'CREDENTIALS_REFUSED'] as const) {
      const rig = standing()
      await vi.advanceTimersByTimeAsync(1_000)
      rig.last.listener.state({
        ...idle,
        kind: code === 'CREDENTIALS_REFUSED' ? 'refused' : 'waiting',
        error: errorOf(code),
      })
      expect(rig.reasons.at(-1)).toMatchObject({ code })
      expect(rig.last.left).toBe(false)
      await vi.advanceTimersByTimeAsync(600_000)
      expect(rig.joined).toHaveLength(4)
      rig.selector.close()
    }
  })

  it('begins anew with another release', async () => {
    const rig = new Rig()
    rig.last.listener.open()
    rig.last.listener.end(failing())
    rig.last.listener.end(permanent)
    rig.last.listener.end(unavailable)
    await vi.advanceTimersByTimeAsync(1_000)
    rig.release = 'v1.0.61'
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(0)
    rig.last.listener.end(failing())
    expect(rig.last.transport).toBe('sse')
    rig.last.listener.open()
    expect(rig.log.at(-1)).toBe('sse open')
    rig.selector.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is waited for where a transport may work again, and fails where the reason is final', async () => {
    const passing = new MesheryError('TRANSPORT_UNAVAILABLE', 'It answers 503', { phase: 'upgrade', retryable: true })
    const rig = new Rig(['websocket'])
    rig.last.listener.end(passing)
    expect([rig.failures, rig.log]).toEqual([[], ['websocket waiting']])
    await vi.advanceTimersByTimeAsync(1_000)
    rig.last.listener.end(unavailable)
    expect(rig.failures).toMatchObject([{ code: 'NO_TRANSPORT' }])
  })
})

describe('a block for good', () => {
  const blocked = async (): Promise<Rig> => {
    const rig = new Rig()
    rig.last.listener.end(permanent)
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(0)
    return rig
  }

  it('is not tried again by the clock', async () => {
    const rig = await blocked()
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(rig.order).toEqual(['websocket', 'sse'])
  })

  it('stays after a reconnection to the same release, or to one that does not say which it is', async () => {
    const rig = await blocked()
    for (const release of ['v1.0.60', null]) {
      rig.release = release
      rig.last.listener.open()
      await vi.advanceTimersByTimeAsync(86_400_000)
      expect(rig.order).toEqual(['websocket', 'sse'])
    }
  })

  it('ends with another release, which is tried beside the current transport', async () => {
    const rig = await blocked()
    rig.release = 'v0.8.100'
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(0)
    expect([rig.order, rig.query]).toEqual([['websocket', 'sse', 'websocket'], 'old'])
    expect(rig.joined[1]?.left).toBe(false)
    rig.last.listener.open()
    expect(rig.joined[1]?.left).toBe(true)
  })

  it('ends for others with another release after one came back', async () => {
    const rig = new Rig()
    rig.last.listener.end(permanent)
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(rig.last.transport).toBe('sse')
    rig.last.listener.open()
    rig.release = 'v0.8.100'
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(0)
    expect(rig.last.transport).toBe('websocket')
  })

  it('is looked at every 10 min while polling, which may not notice a restart', async () => {
    const rig = new Rig(['websocket', 'polling'])
    rig.last.listener.end(permanent)
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(1_200_001)
    expect([rig.order, rig.versionsAsked]).toEqual([['websocket', 'polling'], 3])
    rig.release = 'v1.0.61'
    await vi.advanceTimersByTimeAsync(600_001)
    expect(rig.order).toEqual(['websocket', 'polling', 'websocket'])
    rig.last.listener.open()
    expect(rig.joined[1]?.left).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
    const { versionsAsked } = rig
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(rig.versionsAsked).toBe(versionsAsked)
    rig.selector.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is looked at with each try of another transport while polling', async () => {
    const rig = new Rig()
    rig.last.listener.end(permanent)
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    rig.release = 'v1.0.61'
    await vi.advanceTimersByTimeAsync(60_001)
    expect(rig.order).toEqual(['websocket', 'sse', 'polling', 'sse'])
    rig.last.listener.end(unavailable)
    expect(rig.order.at(-1)).toBe('websocket')
    rig.selector.close()
  })

  it('does not ask for the release while nothing is blocked for good', async () => {
    const rig = new Rig()
    rig.last.listener.open()
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rig.versionsAsked).toBe(0)
  })
})

describe('close', () => {
  it('leaves the current transport and the candidate, and leaves no timer behind', async () => {
    const rig = new Rig()
    rig.last.listener.end(unavailable)
    rig.last.listener.open()
    await vi.advanceTimersByTimeAsync(60_000)
    rig.selector.close()
    expect(rig.joined.slice(1).map(({ left }) => left)).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(rig.joined).toHaveLength(3)
  })
})
