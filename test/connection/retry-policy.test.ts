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
  heard: { type: 'heard' },
  drop: drop('CONNECTION_LOST'),
  rest: { type: 'rest' },
}

/** Where each event leads from each state; `same` means that nothing whatever changes. */
const table: Record<Kind, Record<RetryEvent['type'], Kind | 'same'>> = {
  idle: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'same',
    rest: 'idle',
  },
  connecting: {
    dial: 'connecting',
    open: 'live',
    heard: 'same',
    drop: 'waiting',
    rest: 'idle',
  },
  live: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'waiting',
    rest: 'idle',
  },
  waiting: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'same',
    rest: 'idle',
  },
  refused: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'same',
    rest: 'idle',
  },
  unavailable: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'same',
    rest: 'idle',
  },
  failed: {
    dial: 'connecting',
    open: 'same',
    heard: 'same',
    drop: 'same',
    rest: 'idle',
  },
}

const keysOf = <Key extends string>(record: Record<Key, unknown>): Key[] => Object.keys(record) as Key[]

describe('the table of states and events', () => {
  const cells = keysOf(table).flatMap((kind) =>
    keysOf(table[kind]).map((type) => [kind, type, table[kind][type]] as const),
  )
  it.each(cells)('%s, on %s: %s', (kind, type, expected) => {
    const after = nextRetryState(states[kind], events[type], endless, now, lowest)
    if (expected === 'same') expect(after).toBe(states[kind])
    else expect(after.kind).toBe(expected)
  })

  it('counts dials, and forgets of an attempt what belonged to the one before', () => {
    const dialled = nextRetryState({ ...states.live, kind: 'waiting' }, events.dial, endless, now, lowest)
    expect(dialled).toMatchObject({ attempt: 2, dialledAt: now, received: false, openedAt: 0 })
  })

  it('takes an open connection for the end of refusals and of the error', () => {
    const before = { ...states.connecting, refusals: 1, error: errorOf('CREDENTIALS_REFUSED') }
    expect(nextRetryState(before, events.open, endless, now, lowest)).toMatchObject({
      openedAt: now,
      refusals: 0,
      error: null,
    })
  })

  it('hears once', () => {
    const deaf = { ...states.live, received: false }
    const heard = nextRetryState(deaf, events.heard, endless, now, lowest)
    expect(heard).toEqual({ ...deaf, received: true })
    expect(nextRetryState(heard, events.heard, endless, now, lowest)).toBe(heard)
  })

  it('counts from nothing after a rest, yet remembers that it once lived', () => {
    const rested = nextRetryState({ ...states.waiting, everLived: true }, events.rest, endless, now, lowest)
    expect(rested).toMatchObject({ attempt: 0, everLived: true })
  })

  it('never changes the state that it was given', () => {
    for (const kind of keysOf(states)) {
      const frozen = Object.freeze({ ...states[kind] })
      for (const type of keysOf(events)) nextRetryState(frozen, events[type], endless, now, lowest)
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
  CREDENTIALS_REFUSED: ['failed', 'failed', 'failed'],
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
      expect(before.map((state) => nextRetryState(state, drop(code), endless, now, lowest).kind)).toEqual(expected)
    },
  )

  it('is judged by the error itself where that differs from its code', () => {
    const error = new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store', retryable: false })
    expect(errorKinds.SERVER_ERROR.retryable).toBe(true)
    expect(nextRetryState(states.connecting, { type: 'drop', error }, endless, now, lowest).kind).toBe('failed')
  })

  it.each([
    ['live, something was heard', { received: true, openedAt: now - 1 }, true],
    ['live for 5 s', { received: false, openedAt: now - 5_000 }, true],
    ['live for less, nothing heard', { received: false, openedAt: now - 4_999 }, false],
  ])('%s: lived %s', (_, life, lived) => {
    const after = nextRetryState({ ...states.live, attempt: 7, ...life }, drop('CONNECTION_LOST'), endless, now, lowest)
    expect(after).toMatchObject(
      lived ? { everLived: true, attempt: 1, unprovenDrops: 0 } : { everLived: false, attempt: 7, unprovenDrops: 1 },
    )
  })

  it('keeps in mind that it lived when the next attempts fail', () => {
    const lived = nextRetryState(states.live, drop('CONNECTION_LOST'), endless, now, lowest)
    const dialled = nextRetryState(lived, events.dial, endless, now + 500, lowest)
    expect(nextRetryState(dialled, drop('NOT_MESHERY'), endless, now + 600, lowest).kind).toBe('waiting')
  })
})

describe('the wait', () => {
  const wait = (state: RetryState, event: Drop, random: () => number): number =>
    nextRetryState(state, event, endless, now, random).nextDialAt - now

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
    const young = { ...states.live, dialledAt: now - 100, openedAt: now - 50 }
    expect(wait(young, drop('CONNECTION_LOST'), lowest)).toBe(minDialGapMs - 100)
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
    const first = nextRetryState(
      { ...states.live, troubleAt: now - 500_000 },
      drop('CONNECTION_LOST'),
      endless,
      now,
      lowest,
    )
    expect(first.troubleAt).toBe(now)
    const dialled = nextRetryState(first, events.dial, endless, now + 500, lowest)
    const second = nextRetryState(dialled, drop('CONNECTION_REFUSED'), endless, now + 600, highest)
    expect(second).toMatchObject({ troubleAt: now, nextDialAt: now + 600 + 2_000 })
  })

  it('obeys what the server asked, and no less than that', () => {
    const event: Drop = { type: 'drop', error: errorOf('RATE_LIMITED', 'upgrade', { retryAfter: 45_000 }) }
    for (const state of [states.connecting, states.live]) expect(wait(state, event, highest)).toBe(45_000)
    const soon: Drop = { type: 'drop', error: errorOf('RATE_LIMITED', 'upgrade', { retryAfter: 1 }) }
    expect(wait(states.connecting, soon, lowest)).toBe(500)
  })
})

describe('a limit of attempts', () => {
  it.each([0, 1, 2, 5])('of %i is that many tries after the first', (attempts) => {
    let state: RetryState = idle
    let dials = 0
    while (state.kind !== 'failed') {
      state = nextRetryState(state, events.dial, { attempts }, now, lowest)
      dials++
      state = nextRetryState(state, drop('CONNECTION_REFUSED'), { attempts }, now, lowest)
    }
    expect(dials).toBe(attempts + 1)
  })

  it.each([0, 1, 3])('of %i is that many tries after a connection that lived', (attempts) => {
    let state: RetryState = nextRetryState(states.live, drop('CONNECTION_LOST'), { attempts }, now, lowest)
    let dials = 0
    while (state.kind !== 'failed') {
      state = nextRetryState(state, events.dial, { attempts }, now, lowest)
      dials++
      state = nextRetryState(state, drop('CONNECTION_REFUSED'), { attempts }, now, lowest)
    }
    expect(dials).toBe(attempts)
  })
})

describe('refused credentials', () => {
  const refusal = (more: Partial<Drop> = {}): Drop => drop('CREDENTIALS_REFUSED', more, 'upgrade')

  it('wait for others where those can come, and fail where not', () => {
    expect(nextRetryState(states.connecting, refusal({ canChange: true }), endless, now, lowest)).toMatchObject({
      kind: 'refused',
      refusals: 1,
      nextDialAt: Infinity,
    })
    expect(nextRetryState(states.connecting, refusal({ canChange: false }), endless, now, lowest).kind).toBe('failed')
  })

  it('count in a row', () => {
    const again = { ...states.connecting, refusals: 1 }
    expect(nextRetryState(again, refusal({ canChange: true }), endless, now, lowest).refusals).toBe(2)
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
      state = nextRetryState(state, refusal({ doubtful: true, ...more }), endless, at, lowest)
      if (state.kind !== 'refused' || state.nextDialAt === Infinity) break
      expect(state.error?.message).toMatch(/or an outage of the remote provider$/)
      waits.push((state.nextDialAt - at) / 1_000)
      at = state.nextDialAt
      state = nextRetryState(state, events.dial, endless, at, lowest)
      expect(tries++).toBeLessThan(20)
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900])
    expect(at / 60_000).toBeCloseTo(120, -1)
    // Then it is a refusal: other credentials can end it, if any can come.
    expect(state.kind).toBe('canChange' in more ? 'refused' : 'failed')
  })

  it('are waited for anew after a connection that opened', () => {
    const late = { ...states.connecting, refusals: 12, everLived: true }
    const open = nextRetryState(late, events.open, endless, now, lowest)
    expect(nextRetryState(open, refusal({ doubtful: true }), endless, now, lowest).nextDialAt).toBe(now + 30_000)
  })

  it('fail at once where nothing ever worked and nothing can change, outage or not', () => {
    expect(nextRetryState(states.connecting, refusal({ doubtful: true }), endless, now, lowest).kind).toBe('failed')
  })
})

describe('a transport that is not to be had', () => {
  const healthy = { http: { healthy: true, admitsUs: true, before: true } }

  it('shows by the third dial in a row that did not open, while plain HTTP is healthy', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    for (const code of ['CONNECTION_LOST', 'SERVER_ERROR', 'TIMED_OUT'] as const) {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      state = nextRetryState(state, drop(code, healthy, 'upgrade'), endless, now, lowest)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'unavailable'])
    // What fails again is known.
    state = nextRetryState(state, events.dial, endless, now, lowest)
    expect(nextRetryState(state, drop('SERVER_ERROR', healthy, 'upgrade'), endless, now, lowest).kind).toBe(
      'unavailable',
    )
  })

  it('shows by the first where the platform hides the reason, unless it lived before', () => {
    const hidden = drop('UNREACHABLE', { ...healthy, hidden: true }, 'upgrade')
    expect(nextRetryState(states.connecting, hidden, endless, now, lowest).kind).toBe('unavailable')
    const lived = { ...states.connecting, everLived: true }
    expect(nextRetryState(lived, hidden, endless, now, lowest).kind).toBe('waiting')
  })

  it('does not show once it was open, or while plain HTTP fails as well', () => {
    const failing = { ...states.connecting, failures: 9 }
    const ill = { http: { healthy: false, admitsUs: false, before: true } }
    expect(
      nextRetryState({ ...states.live, failures: 9 }, drop('CONNECTION_LOST', healthy), endless, now, lowest),
    ).toMatchObject({
      kind: 'waiting',
      failures: 0,
    })
    expect(nextRetryState(failing, drop('SERVER_ERROR', ill, 'upgrade'), endless, now, lowest).kind).toBe('waiting')
  })

  it('shows by the last dial that `retry.attempts` allows', () => {
    const last = nextRetryState(
      { ...states.connecting, attempt: 2 },
      drop('SERVER_ERROR', healthy),
      { attempts: 1 },
      now,
      lowest,
    )
    expect(last.kind).toBe('unavailable')
  })

  it('refuses in its own name, not in that of the credentials, where plain HTTP admits them', () => {
    const after = nextRetryState(
      states.connecting,
      drop('CREDENTIALS_REFUSED', healthy, 'upgrade'),
      endless,
      now,
      lowest,
    )
    expect(after).toMatchObject({ kind: 'waiting', refusals: 0 })
    expect(after.error).toMatchObject({
      code: 'SERVER_ERROR',
      retryable: false,
      cause: { code: 'CREDENTIALS_REFUSED' },
    })
    expect(after.error?.remedy).toMatch(/`transports`/)
  })

  it('shows by the third open that dies young, whatever fails between', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    for (const opens of [true, true, false, true]) {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      if (opens) state = nextRetryState(state, events.open, endless, now, lowest)
      state = nextRetryState(state, drop('CONNECTION_LOST'), endless, now, lowest)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'waiting', 'unavailable'])
    expect(state.unprovenDrops).toBe(0)
  })

  it('shows by twelve connections in a row that deliver and break at once, but not when a longer life lies between', () => {
    let state: RetryState = idle
    const live = (milliseconds: number): Kind => {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      state = nextRetryState(state, events.open, endless, now, lowest)
      state = nextRetryState(state, events.heard, endless, now, lowest)
      state = nextRetryState(state, drop('CONNECTION_LOST'), endless, now + milliseconds, lowest)
      return state.kind
    }
    for (let time = 0; time < 11; time++) expect(live(4_999)).toBe('waiting')
    expect(live(5_000)).toBe('waiting')
    for (let time = 0; time < 11; time++) expect(live(10)).toBe('waiting')
    expect(live(10)).toBe('unavailable')
    // Tried again later, it shows by the first one.
    expect(live(10)).toBe('unavailable')
    expect(live(5_000)).toBe('waiting')
    expect(live(10)).toBe('waiting')
  })

  it('is never polling, however often a poll fails after one that was answered', () => {
    let state: RetryState = idle
    for (let time = 0; time < 40; time++) {
      state = nextRetryState(state, events.dial, { ...endless, polls: true }, now, lowest)
      state = nextRetryState(state, events.open, { ...endless, polls: true }, now, lowest)
      state = nextRetryState(state, drop('SERVER_ERROR', {}, 'store'), { ...endless, polls: true }, now + 10, lowest)
      expect(state.kind).toBe('waiting')
    }
  })

  it('closes what was live as if it refused us: in its own name, where plain HTTP admits the same credentials', () => {
    const after = nextRetryState(states.live, drop('CREDENTIALS_REFUSED', healthy), endless, now, lowest)
    expect(after).toMatchObject({ kind: 'waiting', refusals: 0, error: { code: 'SERVER_ERROR' } })
    const refused = { http: { healthy: true, admitsUs: false, before: true } }
    expect(nextRetryState(states.live, drop('CREDENTIALS_REFUSED', refused), endless, now, lowest).kind).toBe('failed')
  })

  it('does not show when a life lies between', () => {
    let state: RetryState = idle
    for (const lives of [false, false, true, false, false]) {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      state = nextRetryState(state, events.open, endless, now, lowest)
      if (lives) state = nextRetryState(state, events.heard, endless, now, lowest)
      state = nextRetryState(state, drop('CONNECTION_LOST'), endless, now, lowest)
      expect(state.kind).toBe('waiting')
    }
  })

  it('shows by three connections in a row that end in a frame that is none, even if they lived', () => {
    let state: RetryState = idle
    const kinds: Kind[] = []
    const codes = ['BAD_FRAME', 'BAD_FRAME', 'CONNECTION_LOST', 'BAD_FRAME', 'BAD_FRAME', 'BAD_FRAME'] as const
    for (const code of codes) {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      state = nextRetryState(state, events.open, endless, now, lowest)
      state = nextRetryState(state, events.heard, endless, now, lowest)
      state = nextRetryState(state, drop(code), endless, now, lowest)
      kinds.push(state.kind)
    }
    expect(kinds).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'unavailable'])
  })

  it('counts dials that did not open, in a row, whatever the reason', () => {
    let state: RetryState = idle
    const counts: number[] = []
    for (const opens of [false, false, true, false]) {
      state = nextRetryState(state, events.dial, endless, now, lowest)
      if (opens) state = nextRetryState(state, events.open, endless, now, lowest)
      state = nextRetryState(state, drop('TIMED_OUT', {}, 'upgrade'), endless, now, lowest)
      counts.push(state.failures)
    }
    expect(counts).toEqual([1, 2, 0, 1])
  })
})
