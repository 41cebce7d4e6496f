import { describe, expect, it } from 'vitest'
import { type ErrorCode, type ErrorPhase, errorKinds, MesheryError } from '../../src/base/errors.ts'
import {
  idle,
  minDialGapMs,
  nextRetryState,
  type RetryEvent,
  type RetryState,
} from '../../src/connection/retry-policy.ts'

type Kind = RetryState['kind']
type Drop = Extract<RetryEvent, { type: 'drop' }>

const now = 1_000_000
const endless = { attempts: Infinity }
const lowest = (): number => 0
const highest = (): number => 1
const context = { policy: endless, now, random: lowest }

const errorOf = (code: ErrorCode, phase: ErrorPhase = 'stream', details: Record<string, unknown> = {}): MesheryError =>
  new MesheryError(code, 'as scripted', { phase, details })

const drop = (code: ErrorCode, more: Partial<Drop> = {}, phase?: ErrorPhase): Drop => ({
  type: 'drop',
  error: errorOf(code, phase),
  ...more,
})

/** A plausible state of each kind, of an attempt dialled two seconds ago. */
const states: Record<Kind, RetryState> = {
  idle,
  connecting: { ...idle, kind: 'connecting', attempt: 1, dialledAt: now - 2_000 },
  live: { ...idle, kind: 'live', attempt: 1, dialledAt: now - 2_000, openedAt: now - 1_000, received: true },
  waiting: { ...idle, kind: 'waiting', attempt: 2, dialledAt: now - 2_000, nextDialAt: now + 700 },
  refused: { ...idle, kind: 'refused', attempt: 1, refusals: 1, dialledAt: now - 2_000, nextDialAt: Infinity },
  unavailable: { ...idle, kind: 'unavailable', attempt: 1, dialledAt: now - 2_000 },
  failed: { ...idle, kind: 'failed', attempt: 1, dialledAt: now - 2_000 },
}

const events: Record<RetryEvent['type'], RetryEvent> = {
  dial: { type: 'dial' },
  open: { type: 'open' },
  received: { type: 'received' },
  drop: drop('CONNECTION_LOST'),
  stop: { type: 'stop' },
}

/** Where each event leads from each state; `same` means that nothing whatever changes. */
const table: Record<Kind, Record<RetryEvent['type'], Kind | 'same'>> = {
  idle: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'same',
    stop: 'idle',
  },
  connecting: {
    dial: 'connecting',
    open: 'live',
    received: 'same',
    drop: 'waiting',
    stop: 'idle',
  },
  live: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'waiting',
    stop: 'idle',
  },
  waiting: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'same',
    stop: 'idle',
  },
  refused: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'same',
    stop: 'idle',
  },
  unavailable: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'same',
    stop: 'idle',
  },
  failed: {
    dial: 'connecting',
    open: 'same',
    received: 'same',
    drop: 'same',
    stop: 'idle',
  },
}

const keysOf = <Key extends string>(record: Record<Key, unknown>): Key[] => Object.keys(record) as Key[]

describe('the table of states and events', () => {
  const cells = keysOf(table).flatMap((kind) =>
    keysOf(table[kind]).map((type) => [kind, type, table[kind][type]] as const),
  )
  it.each(cells)('%s, on %s: %s', (kind, type, expected) => {
    const after = nextRetryState(states[kind], events[type], context)
    if (expected === 'same') expect(after).toBe(states[kind])
    else expect(after.kind).toBe(expected)
  })

  it('counts dials, and forgets of an attempt what belonged to the one before', () => {
    const dialled = nextRetryState({ ...states.live, kind: 'waiting' }, events.dial, context)
    expect(dialled).toMatchObject({ attempt: 2, dialledAt: now, received: false, openedAt: 0 })
  })

  it('takes an open connection for the end of refusals and of the error', () => {
    const before = { ...states.connecting, refusals: 1, error: errorOf('CREDENTIALS_REFUSED') }
    expect(nextRetryState(before, events.open, context)).toMatchObject({
      openedAt: now,
      refusals: 0,
      error: null,
    })
  })

  it('counts what is received once', () => {
    const unreceived = { ...states.live, received: false }
    const received = nextRetryState(unreceived, events.received, context)
    expect(received).toEqual({ ...unreceived, received: true })
    expect(nextRetryState(received, events.received, context)).toBe(received)
  })

  it('counts anew after a stop, yet remembers that it once lived', () => {
    const rested = nextRetryState({ ...states.waiting, everLived: true }, events.stop, context)
    expect(rested).toMatchObject({ attempt: 0, everLived: true })
  })

  it('never changes the state that it was given', () => {
    for (const kind of keysOf(states)) {
      const frozen = Object.freeze({ ...states[kind] })
      for (const type of keysOf(events)) nextRetryState(frozen, events[type], context)
      expect(frozen).toEqual(states[kind])
    }
  })
})

/** What a drop leads to: never lived and not open; not open but lived before; open, lived. */
type Ends = readonly [firstTry: Kind, lived: Kind, live: Kind]
const retried: Ends = ['waiting', 'waiting', 'waiting']
const hopelessAtFirst: Ends = ['failed', 'waiting', 'waiting']
const drops: Record<ErrorCode, Ends> = {
  INVALID_OPTION: hopelessAtFirst,
  CREDENTIALS_UNREADABLE: hopelessAtFirst,
  CREDENTIALS_REFUSED: ['failed', 'refused', 'refused'],
  GATEWAY_LOGIN: hopelessAtFirst,
  WRONG_SCHEME: hopelessAtFirst,
  NOT_MESHERY: hopelessAtFirst,
  HOST_UNKNOWN: retried,
  CONNECTION_REFUSED: retried,
  UNREACHABLE: retried,
  TLS_REFUSED: hopelessAtFirst,
  PROXY_REFUSED: hopelessAtFirst,
  TIMED_OUT: retried,
  SERVER_ERROR: retried,
  RATE_LIMITED: retried,
  TRANSPORT_UNAVAILABLE: ['unavailable', 'unavailable', 'unavailable'],
  NO_TRANSPORT: hopelessAtFirst,
  UNSUPPORTED: hopelessAtFirst,
  CONNECTION_LOST: retried,
  CONNECTION_SILENT: retried,
  BAD_FRAME: retried,
  TOO_LARGE: hopelessAtFirst,
  GRAPHQL_ERROR: hopelessAtFirst,
  SINCE_UNKNOWN: hopelessAtFirst,
  RETRIES_EXHAUSTED: hopelessAtFirst,
  SUBSCRIPTION_IN_USE: hopelessAtFirst,
  TOO_MANY_OPERATIONS: hopelessAtFirst,
  CALLBACK_FAILED: hopelessAtFirst,
  CLOSED: hopelessAtFirst,
}

describe('a drop', () => {
  it.each(keysOf(drops).map((code) => [code, ...drops[code]] as const))(
    'by %s: %s at first, %s once it has lived, %s when live',
    (code, ...expected) => {
      const before = [states.connecting, { ...states.connecting, everLived: true }, states.live]
      expect(before.map((state) => nextRetryState(state, drop(code), context).kind)).toEqual(expected)
    },
  )

  it('is judged by the error itself where that differs from its code', () => {
    const error = new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store', retryable: false })
    expect(errorKinds.SERVER_ERROR.retryable).toBe(true)
    expect(nextRetryState(states.connecting, { type: 'drop', error }, context).kind).toBe('failed')
  })

  it.each([
    ['live, something was received', { received: true, openedAt: now - 1 }, true],
    ['live for 5 s', { received: false, openedAt: now - 5_000 }, true],
    ['live for less, nothing received', { received: false, openedAt: now - 4_999 }, false],
  ])('%s: lived %s', (_, life, lived) => {
    const after = nextRetryState({ ...states.live, attempt: 7, ...life }, drop('CONNECTION_LOST'), context)
    expect(after).toMatchObject(
      lived ? { everLived: true, attempt: 1, unprovenDrops: 0 } : { everLived: false, attempt: 7, unprovenDrops: 1 },
    )
  })

  it('keeps in mind that it lived when the next attempts fail', () => {
    const lived = nextRetryState(states.live, drop('CONNECTION_LOST'), context)
    const dialled = nextRetryState(lived, events.dial, { policy: endless, now: now + 500, random: lowest })
    expect(nextRetryState(dialled, drop('NOT_MESHERY'), { policy: endless, now: now + 600, random: lowest }).kind).toBe(
      'waiting',
    )
  })
})

describe('the wait', () => {
  const wait = (state: RetryState, event: Drop, random: () => number): number =>
    nextRetryState(state, event, { policy: endless, now, random }).nextDialAt - now

  it('is at most 250 ms after a connection that lived', () => {
    expect(wait(states.live, drop('CONNECTION_LOST'), lowest)).toBe(0)
    expect(wait(states.live, drop('CONNECTION_LOST'), highest)).toBe(250)
  })

  it('grows with the connections in a row that end within 30 s, to 15 s', () => {
    const waits = (random: () => number): readonly number[] =>
      Array.from({ length: 11 }, (_, short) =>
        wait({ ...states.live, openedAt: now - 29_999, shortConnections: short }, drop('CONNECTION_LOST'), random),
      )
    expect(waits(lowest)).toEqual([0, 0, 0, 0, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500])
    expect(waits(() => 1)).toEqual([250, 250, 250, 250, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
    const long = { ...states.live, openedAt: now - 30_000, shortConnections: 11 }
    expect(wait(long, drop('CONNECTION_LOST'), highest)).toBe(250)
  })

  it('is longer where the dial of it was less than 500 ms ago', () => {
    const recent = { ...states.live, dialledAt: now - 100, openedAt: now - 50 }
    expect(wait(recent, drop('CONNECTION_LOST'), lowest)).toBe(minDialGapMs - 100)
  })

  it.each([
    [0, 500, 2_000],
    [29_999, 500, 2_000],
    [30_000, 500, 3_500],
    [60_000, 500, 6_500],
    [90_000, 500, 12_500],
    [120_000, 500, 24_500],
    [150_000, 500, 30_000],
    [86_400_000, 500, 30_000],
  ])('is, %i ms into the trouble, between %i and %i ms', (into, least, most) => {
    const state = { ...states.connecting, attempt: 3, troubleAt: now - into }
    expect(wait(state, drop('CONNECTION_REFUSED'), lowest)).toBe(least)
    expect(wait(state, drop('CONNECTION_REFUSED'), highest)).toBe(most)
  })

  it('is measured from the beginning of this trouble, not of an earlier one', () => {
    const first = nextRetryState({ ...states.live, troubleAt: now - 500_000 }, drop('CONNECTION_LOST'), context)
    expect(first.troubleAt).toBe(now)
    const dialled = nextRetryState(first, events.dial, { policy: endless, now: now + 500, random: lowest })
    const second = nextRetryState(dialled, drop('CONNECTION_REFUSED'), {
      policy: endless,
      now: now + 600,
      random: highest,
    })
    expect(second).toMatchObject({ troubleAt: now, nextDialAt: now + 600 + 2_000 })
  })

  it('obeys what the server asked, and no less than that; what waits together comes back within 2 s', () => {
    const event: Drop = { type: 'drop', error: errorOf('RATE_LIMITED', 'upgrade', { retryAfter: 45_000 }) }
    for (const state of [states.connecting, states.live]) {
      expect(wait(state, event, lowest)).toBe(45_000)
      expect(wait(state, event, highest)).toBe(47_000)
    }
    const soon: Drop = { type: 'drop', error: errorOf('RATE_LIMITED', 'upgrade', { retryAfter: 1 }) }
    expect(wait(states.connecting, soon, lowest)).toBe(500)
  })
})

describe('a limit of attempts', () => {
  it.each([0, 1, 2, 5])('of %i is that many tries after the first', (attempts) => {
    let state: RetryState = idle
    let dials = 0
    while (state.kind !== 'failed') {
      state = nextRetryState(state, events.dial, { ...context, policy: { attempts } })
      dials++
      state = nextRetryState(state, drop('CONNECTION_REFUSED'), { ...context, policy: { attempts } })
    }
    expect(dials).toBe(attempts + 1)
  })

  it.each([0, 1, 3])('of %i is that many tries after a connection that lived', (attempts) => {
    let state: RetryState = nextRetryState(states.live, drop('CONNECTION_LOST'), { ...context, policy: { attempts } })
    let dials = 0
    while (state.kind !== 'failed') {
      state = nextRetryState(state, events.dial, { ...context, policy: { attempts } })
      dials++
      state = nextRetryState(state, drop('CONNECTION_REFUSED'), { ...context, policy: { attempts } })
    }
    expect(dials).toBe(attempts)
  })
})

describe('refused credentials', () => {
  const refusal = (more: Partial<Drop> = {}): Drop => drop('CREDENTIALS_REFUSED', more, 'upgrade')

  it('wait for others where those can come, and fail where not', () => {
    expect(nextRetryState(states.connecting, refusal({ canChange: true }), context)).toMatchObject({
      kind: 'refused',
      refusals: 1,
      nextDialAt: Infinity,
    })
    expect(nextRetryState(states.connecting, refusal({ canChange: false }), context).kind).toBe('failed')
  })

  it.each([
    ['a connection lived', { everLived: true }, {}],
    ['they read live data before', {}, { admitted: true }],
  ])('are tried once more, 2 s later, where %s', (_, state, findings) => {
    for (const canChange of [false, true]) {
      const before = { ...states.connecting, ...state }
      const first = nextRetryState(before, refusal({ canChange, ...findings }), context)
      expect(first).toMatchObject({ kind: 'refused', refusals: 1, nextDialAt: now + 2_000 })
      const again = { ...first, kind: 'connecting' } as const
      const second = nextRetryState(again, refusal({ canChange, ...findings }), context)
      expect(second.kind).toBe(canChange ? 'refused' : 'failed')
      if (canChange) expect(second.nextDialAt).toBe(Infinity)
    }
  })

  it('that a read confirmed are not tried once more', () => {
    const http = { healthy: true, admits: false, before: true }
    const before = { ...states.connecting, everLived: true }
    expect(nextRetryState(before, refusal({ http }), context).kind).toBe('failed')
  })

  it('count in a row', () => {
    const again = { ...states.connecting, refusals: 1 }
    expect(nextRetryState(again, refusal({ canChange: true }), context).refusals).toBe(2)
  })

  it.each([
    ['a source can change', states.connecting, { canChange: true }],
    ['a connection lived before', { ...states.connecting, everLived: true }, {}],
    ['the same credentials read live data before', states.connecting, { admitted: true }],
  ])('are tried again unchanged for two hours where an outage looks the same and %s', (_, first, more) => {
    let state: RetryState = first
    let [at, tries] = [0, 0]
    const waits: number[] = []
    for (;;) {
      state = nextRetryState(state, refusal({ doubtful: true, ...more }), { policy: endless, now: at, random: lowest })
      if (state.kind !== 'refused' || state.nextDialAt === Infinity) break
      expect(state.error?.message).toMatch(/or an outage of the remote provider$/)
      waits.push((state.nextDialAt - at) / 1_000)
      at = state.nextDialAt
      state = nextRetryState(state, events.dial, { policy: endless, now: at, random: lowest })
      expect(tries++).toBeLessThan(20)
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900])
    expect(at / 60_000).toBeCloseTo(120, -1)
    // Then it is a refusal: other credentials can end it, if any can come.
    expect(state.kind).toBe('canChange' in more ? 'refused' : 'failed')
  })

  it('are waited for anew after a connection that opened', () => {
    const late = { ...states.connecting, refusals: 12, everLived: true }
    const open = nextRetryState(late, events.open, context)
    expect(nextRetryState(open, refusal({ doubtful: true }), context).nextDialAt).toBe(now + 30_000)
  })

  it('fail at once where nothing ever worked and nothing can change, outage or not', () => {
    expect(nextRetryState(states.connecting, refusal({ doubtful: true }), context).kind).toBe('failed')
  })
})

describe('an unavailable transport', () => {
  const healthy = { http: { healthy: true, admits: true, before: true } }

  it('shows by the third dial in a row that did not open, while plain HTTP is healthy', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    for (const code of ['CONNECTION_LOST', 'SERVER_ERROR', 'TIMED_OUT'] as const) {
      state = nextRetryState(state, events.dial, context)
      state = nextRetryState(state, drop(code, healthy, 'upgrade'), context)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'unavailable'])
    // What fails again is known.
    state = nextRetryState(state, events.dial, context)
    expect(nextRetryState(state, drop('SERVER_ERROR', healthy, 'upgrade'), context).kind).toBe('unavailable')
  })

  it('shows by the first where the platform hides the reason, unless it lived before', () => {
    const hidden = drop('UNREACHABLE', { ...healthy, hidden: true }, 'upgrade')
    expect(nextRetryState(states.connecting, hidden, context).kind).toBe('unavailable')
    const lived = { ...states.connecting, everLived: true }
    expect(nextRetryState(lived, hidden, context).kind).toBe('waiting')
  })

  it('does not show once it was open, or while plain HTTP fails as well', () => {
    const failing = { ...states.connecting, failures: 9 }
    const ill = { http: { healthy: false, admits: false, before: true } }
    expect(nextRetryState({ ...states.live, failures: 9 }, drop('CONNECTION_LOST', healthy), context)).toMatchObject({
      kind: 'waiting',
      failures: 0,
    })
    expect(nextRetryState(failing, drop('SERVER_ERROR', ill, 'upgrade'), context).kind).toBe('waiting')
  })

  it('shows by the last dial that `retry.attempts` allows', () => {
    const last = nextRetryState({ ...states.connecting, attempt: 2 }, drop('SERVER_ERROR', healthy), {
      ...context,
      policy: { attempts: 1 },
    })
    expect(last.kind).toBe('unavailable')
  })

  it('refuses in its own name, not in that of the credentials, where plain HTTP admits them', () => {
    const after = nextRetryState(states.connecting, drop('CREDENTIALS_REFUSED', healthy, 'upgrade'), context)
    expect(after).toMatchObject({ kind: 'waiting', refusals: 0 })
    expect(after.error).toMatchObject({
      code: 'SERVER_ERROR',
      retryable: false,
      cause: { code: 'CREDENTIALS_REFUSED' },
    })
    expect(after.error?.remedy).toMatch(/`transports`/)
  })

  it('shows by the third connection that opens and ends before it lives, whatever fails between', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    for (const opens of [true, true, false, true]) {
      state = nextRetryState(state, events.dial, context)
      if (opens) state = nextRetryState(state, events.open, context)
      state = nextRetryState(state, drop('CONNECTION_LOST'), context)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'waiting', 'unavailable'])
    expect(state.unprovenDrops).toBe(0)
  })

  it('shows by twelve connections in a row that deliver and break at once, but not when a longer life lies between', () => {
    let state: RetryState = idle
    const live = (milliseconds: number): Kind => {
      state = nextRetryState(state, events.dial, context)
      state = nextRetryState(state, events.open, context)
      state = nextRetryState(state, events.received, context)
      state = nextRetryState(state, drop('CONNECTION_LOST'), { ...context, now: now + milliseconds })
      return state.kind
    }
    for (let time = 0; time < 11; time++) expect(live(4_999)).toBe('waiting')
    expect(live(5_000)).toBe('waiting')
    for (let time = 0; time < 11; time++) expect(live(1_000)).toBe('waiting')
    expect(live(1_000)).toBe('unavailable')
    // Tried again later, it shows by the first one.
    expect(live(10)).toBe('unavailable')
    expect(live(5_000)).toBe('waiting')
    expect(live(10)).toBe('waiting')
  })

  /** Dials again and again; each connection is cut after 300 ms. Returns how long it takes until the transport is unavailable. */
  const cutAfter300ms = (during: readonly RetryEvent[], more: Partial<Drop>, phase: ErrorPhase): number => {
    let state: RetryState = idle
    let at = 0
    while (state.kind !== 'unavailable' && at < 60_000) {
      const dialledAt = at
      for (const event of [events.dial, ...during])
        state = nextRetryState(state, event, { ...context, now: dialledAt, random: highest })
      const cut = drop('CONNECTION_LOST', more, phase)
      at += 300
      state = nextRetryState(state, cut, { ...context, now: at, random: highest })
      at = Math.max(at, state.nextDialAt)
    }
    return at
  }

  it.each<[string, RetryEvent[], Partial<Drop>, ErrorPhase]>([
    ['before the acknowledgement', [], healthy, 'ack'],
    ['before anything is delivered', [events.open], {}, 'stream'],
    ['after it delivered', [events.open, events.received], {}, 'stream'],
  ])('shows within 5 s where something cuts each connection after 300 ms, %s, however long the waits', (_, ...cut) => {
    expect(cutAfter300ms(...cut)).toBeLessThan(4_000)
  })

  it('is never polling, however often a poll fails after one that was answered', () => {
    let state: RetryState = idle
    const polls = { ...context, policy: { ...endless, polls: true } }
    for (let time = 0; time < 40; time++) {
      state = nextRetryState(state, events.dial, polls)
      state = nextRetryState(state, events.open, polls)
      state = nextRetryState(state, drop('SERVER_ERROR', {}, 'store'), { ...polls, now: now + 10 })
      expect(state.kind).toBe('waiting')
    }
  })

  it('closes what was live as if it refused us: in its own name, where plain HTTP admits the same credentials', () => {
    const after = nextRetryState(states.live, drop('CREDENTIALS_REFUSED', healthy), context)
    expect(after).toMatchObject({ kind: 'waiting', refusals: 0, error: { code: 'SERVER_ERROR' } })
    const refused = { http: { healthy: true, admits: false, before: true } }
    expect(nextRetryState(states.live, drop('CREDENTIALS_REFUSED', refused), context).kind).toBe('failed')
  })

  it('does not show when a life lies between', () => {
    let state: RetryState = idle
    for (const lives of [false, false, true, false, false]) {
      state = nextRetryState(state, events.dial, context)
      state = nextRetryState(state, events.open, context)
      if (lives) state = nextRetryState(state, events.received, context)
      state = nextRetryState(state, drop('CONNECTION_LOST'), context)
      expect(state.kind).toBe('waiting')
    }
  })

  it('shows by three connections in a row that end in a frame that is none, even if they lived', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    const codes = ['BAD_FRAME', 'BAD_FRAME', 'CONNECTION_LOST', 'BAD_FRAME', 'BAD_FRAME', 'BAD_FRAME'] as const
    for (const code of codes) {
      state = nextRetryState(state, events.dial, context)
      state = nextRetryState(state, events.open, context)
      state = nextRetryState(state, events.received, context)
      state = nextRetryState(state, drop(code), context)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'unavailable'])
  })

  it('counts dials that did not open, in a row, whatever the reason', () => {
    let state: RetryState = idle
    const counts: number[] = []
    for (const opens of [false, false, true, false]) {
      state = nextRetryState(state, events.dial, context)
      if (opens) state = nextRetryState(state, events.open, context)
      state = nextRetryState(state, drop('TIMED_OUT', {}, 'upgrade'), context)
      counts.push(state.failures)
    }
    expect(counts).toEqual([1, 2, 0, 1])
  })
})
