import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type ErrorCode, errorKinds, MesheryError } from '../../src/base/errors.ts'
import { DialThrottle } from '../../src/connection/retry-loop.ts'
import {
  idle,
  minDialGapMs,
  nextRetryState,
  type RetryEvent,
  type RetryState,
} from '../../src/connection/retry-policy.ts'
import { runsOf } from '../sample.ts'
import { soonMs } from '../waiting.ts'

const codes = Object.keys(errorKinds) as ErrorCode[]

/** One attempt as the world may make it: how long the dial takes, whether and how long it is open, how it ends. */
const attempts = fc.array(
  fc.record({
    dialTakes: fc.integer({ min: 0, max: 20_000 }),
    opens: fc.boolean(),
    receives: fc.boolean(),
    lasts: fc.integer({ min: 0, max: 60_000 }),
    code: fc.constantFrom(...codes),
    phase: fc.constantFrom('upgrade' as const, 'stream' as const),
    retryAfter: fc.option(fc.integer({ min: 0, max: 3_600_000 }), { nil: undefined }),
    http: fc.option(fc.record({ healthy: fc.boolean(), admits: fc.boolean(), before: fc.boolean() }), {
      nil: undefined,
    }),
    hidden: fc.boolean(),
    canChange: fc.boolean(),
    doubtful: fc.boolean(),
    admitted: fc.boolean(),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    otherCredentialsAfter: fc.integer({ min: 0, max: 20_000 }),
  }),
  { minLength: 1, maxLength: 60 },
)

interface Step {
  readonly dialledAt: number
  readonly lived: boolean
  readonly after: RetryState
  readonly endedAt: number
}

/** When the loop goes on: at the time of the state, or once there are other credentials. */
const nextStart = ({ kind, nextDialAt }: RetryState, now: number, otherCredentialsAfter: number): number =>
  kind === 'refused' ? Math.min(nextDialAt, now + otherCredentialsAfter) : Math.max(now, nextDialAt)

/** Plays the attempts as the loop does, which waits as the state says and for its turn. */
function play(
  script: typeof attempts extends fc.Arbitrary<infer Script> ? Script : never,
  limit: number,
): readonly Step[] {
  const policy = { attempts: limit }
  const steps: Step[] = []
  let now = 1_000_000
  let state: RetryState = idle
  for (const one of script) {
    const random = (): number => one.random
    const apply = (event: RetryEvent): void => {
      state = nextRetryState(state, event, { policy, now, random })
    }
    now = Math.max(now, (steps.at(-1)?.dialledAt ?? -Infinity) + minDialGapMs)
    const dialledAt = now
    apply({ type: 'dial' })
    now += one.dialTakes
    if (one.opens) {
      apply({ type: 'open' })
      if (one.receives) apply({ type: 'received' })
      now += one.lasts
    }
    const details = one.retryAfter === undefined ? {} : { retryAfter: one.retryAfter }
    const error = new MesheryError(one.code, 'as scripted', { phase: one.phase, details })
    const { http, hidden, canChange, doubtful, admitted } = one
    apply({ type: 'drop', error, http, hidden, canChange, doubtful, admitted })
    steps.push({ dialledAt, lived: one.opens && (one.receives || one.lasts >= 5_000), after: state, endedAt: now })
    if (state.kind === 'failed' || state.kind === 'unavailable') break
    now = nextStart(state, now, one.otherCredentialsAfter)
  }
  return steps
}

const walks = fc.tuple(attempts, fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 10 })))
const forEveryWalk = (claim: (steps: readonly Step[], limit: number) => void): void =>
  fc.assert(
    fc.property(walks, ([script, limit]) => claim(play(script, limit), limit)),
    { numRuns: runsOf(300) },
  )

describe('whatever befalls the attempts', () => {
  it('no two dials come within 500 ms (law 5)', () => {
    forEveryWalk((steps) => {
      for (const [index, { dialledAt }] of steps.entries())
        expect(dialledAt - (steps[index - 1]?.dialledAt ?? -Infinity)).toBeGreaterThanOrEqual(minDialGapMs)
    })
  })

  it('the wait itself keeps the dials apart, without a throttle', () => {
    forEveryWalk((steps) => {
      for (const { after, dialledAt } of steps)
        if (after.kind === 'waiting') expect(after.nextDialAt).toBeGreaterThanOrEqual(dialledAt + minDialGapMs)
    })
  })

  it('every wait ends: at most 30 s, or as long as the server asked and 2 s more', () => {
    forEveryWalk((steps) => {
      for (const { after, endedAt } of steps) {
        if (after.kind !== 'waiting') continue
        const asked = after.error?.details['retryAfter']
        const most = Math.max(30_000, typeof asked === 'number' ? asked + 2_000 : 0)
        // Rounded, since a sum and a difference of such numbers need not give the number back.
        expect(Math.round(after.nextDialAt - endedAt)).toBeLessThanOrEqual(most)
        if (typeof asked === 'number') expect(Math.round(after.nextDialAt - endedAt)).toBeGreaterThanOrEqual(asked)
      }
    })
  })

  it('it gives up only for a reason: a limit, refused credentials, or what never worked and cannot', () => {
    forEveryWalk((steps, limit) => {
      for (const [index, { after }] of steps.entries()) {
        if (after.kind !== 'failed') continue
        const everLived = steps.slice(0, index + 1).some(({ lived }) => lived)
        const hopeless = after.error?.retryable === false && !everLived
        const refused = after.error?.code === 'CREDENTIALS_REFUSED'
        expect(hopeless || refused || after.attempt > limit).toBe(true)
      }
    })
  })

  it('the limit of attempts is never exceeded', () => {
    forEveryWalk((steps, limit) => {
      let inARow = 0
      for (const { lived, after } of steps) {
        inARow++
        // Refusals wait for other credentials, not for another try.
        if (after.kind === 'refused') return
        expect(inARow).toBeLessThanOrEqual(limit + 1)
        if (lived) inARow = 1
      }
    })
  })

  it('a server that accepts and cuts is not a success: three such opens in all end the transport', () => {
    forEveryWalk((steps) => {
      let unproven = 0
      for (const { after, lived } of steps) {
        const opened = after.openedAt > 0 ? 1 : 0
        unproven = lived ? 0 : unproven + opened
        const allowed = unproven >= 3 ? ['failed', 'refused', 'unavailable'] : [after.kind]
        expect(allowed).toContain(after.kind)
      }
    })
  })

  it('the tally of every state is whole and not negative', () => {
    forEveryWalk((steps) => {
      for (const { after } of steps)
        for (const count of [
          after.attempt,
          after.unprovenDrops,
          after.briefConnections,
          after.badFrames,
          after.failures,
          after.refusals,
        ])
          expect(Number.isInteger(count) && count >= 0).toBe(true)
    })
  })
})

describe('the throttle of dials', () => {
  it('keeps turns apart, however many wait for one and however late the timers are', async () => {
    const taken: number[] = []
    let blocked: ReturnType<typeof setTimeout> | undefined
    // The time that the throttle reads last, in the same turn: this process may go on much later.
    let read = 0
    const throttle = new (class extends DialThrottle {
      override dialled(): void {
        super.dialled()
        taken.push(read)
        blocked = setTimeout(block, minDialGapMs - 10)
      }
    })()
    const clock = performance.now.bind(performance)
    /** The process is busy when the next turn is due. */
    const block = (): void => {
      const until = clock() + 30
      while (clock() < until);
    }
    using _clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      read = clock()
      return read
    })
    const never = new AbortController().signal
    await Promise.all([1, 2, 3, 4].map(() => throttle.wait(never)))
    clearTimeout(blocked)
    for (const [index, time] of taken.slice(1).entries()) {
      const gap = time - (taken[index] ?? 0)
      expect(gap).toBeGreaterThanOrEqual(minDialGapMs)
      expect(gap).toBeLessThan(minDialGapMs + soonMs)
    }
  })

  it('counts from the end of a dial that takes its time', async () => {
    const throttle = new DialThrottle()
    const { signal } = new AbortController()
    await throttle.wait(signal)
    const slow = performance.now() + 20
    while (performance.now() < slow);
    throttle.dialled()
    await throttle.wait(signal)
    expect(performance.now()).toBeGreaterThanOrEqual(slow + minDialGapMs - 1)
  })

  it('does not wait once the signal aborts', async () => {
    const throttle = new DialThrottle()
    const stop = new AbortController()
    await throttle.wait(stop.signal)
    const waiting = throttle.wait(stop.signal)
    stop.abort()
    await waiting
  })
})
