import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorKinds, MesheryError } from '../../src/base/errors.ts'
import { DialThrottle } from '../../src/connection/retry-loop.ts'
import {
  idle,
  minDialGapMs,
  nextRetryState,
  type RetryEvent,
  type RetryState,
} from '../../src/connection/retry-policy.ts'

const codes = Object.keys(errorKinds) as ErrorCode[]

/** One attempt as the world may make it: how long the dial takes, whether and how long it is open, how it ends. */
const attempt = fc.record({
  dialTakes: fc.integer({ min: 0, max: 20_000 }),
  opens: fc.boolean(),
  hears: fc.boolean(),
  lasts: fc.integer({ min: 0, max: 60_000 }),
  code: fc.constantFrom(...codes),
  phase: fc.constantFrom('upgrade' as const, 'stream' as const),
  retryAfter: fc.option(fc.integer({ min: 0, max: 3_600_000 }), { nil: undefined }),
  http: fc.option(fc.record({ healthy: fc.boolean(), admitsUs: fc.boolean(), before: fc.boolean() }), {
    nil: undefined,
  }),
  hidden: fc.boolean(),
  canChange: fc.boolean(),
  doubtful: fc.boolean(),
  admitted: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  otherCredentialsAfter: fc.integer({ min: 0, max: 20_000 }),
})
type Attempt = typeof attempt extends fc.Arbitrary<infer One> ? One : never
const attempts = fc.array(attempt, { minLength: 1, maxLength: 60 })

interface Step {
  readonly dialledAt: number
  readonly lived: boolean
  readonly after: RetryState
  readonly endedAt: number
}

/** How many connections opened and did not live, since the last one that did. */
const briefOpensUpTo = (steps: readonly Step[], index: number): number => {
  const upTo = steps.slice(0, index + 1)
  const since = upTo.slice(upTo.findLastIndex(({ lived }) => lived) + 1)
  return since.filter(({ after }) => after.openedAt > 0).length
}

/** The end of an attempt as its script has it. */
const dropOf = ({ code, phase, retryAfter, http, hidden, canChange, doubtful, admitted }: Attempt): RetryEvent => {
  const details = retryAfter === undefined ? {} : { retryAfter }
  const error = new MesheryError(code, 'as scripted', { phase, details })
  return { type: 'drop', error, http, hidden, canChange, doubtful, admitted }
}

/** Plays the attempts as the loop does, which waits as the state says and for its turn. */
function play(script: readonly Attempt[], limit: number): readonly Step[] {
  const policy = { attempts: limit }
  const steps: Step[] = []
  let now = 1_000_000
  let state: RetryState = idle
  for (const one of script) {
    const random = (): number => one.random
    const apply = (event: RetryEvent): void => {
      state = nextRetryState(state, event, policy, now, random)
    }
    now = Math.max(now, (steps.at(-1)?.dialledAt ?? -Infinity) + minDialGapMs)
    const dialledAt = now
    apply({ type: 'dial' })
    now += one.dialTakes
    if (one.opens) {
      apply({ type: 'open' })
      if (one.hears) apply({ type: 'heard' })
      now += one.lasts
    }
    apply(dropOf(one))
    steps.push({ dialledAt, lived: one.opens && (one.hears || one.lasts >= 5_000), after: state, endedAt: now })
    if (state.kind === 'failed' || state.kind === 'unavailable') break
    if (state.kind === 'refused') now = Math.min(state.nextDialAt, now + one.otherCredentialsAfter)
    else now = Math.max(now, state.nextDialAt)
  }
  return steps
}

const walks = fc.tuple(attempts, fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 10 })))
const forEveryWalk = (claim: (steps: readonly Step[], limit: number) => void): void =>
  fc.assert(
    fc.property(walks, ([script, limit]) => claim(play(script, limit), limit)),
    { numRuns: 300 },
  )

describe('whatever befalls the attempts', () => {
  it('no two dials come within 500 ms (law 5)', () => {
    forEveryWalk((steps) => {
      for (const [index, { dialledAt }] of steps.entries())
        expect(dialledAt - (steps[index - 1]?.dialledAt ?? -Infinity)).toBeGreaterThanOrEqual(minDialGapMs)
    })
  })

  it('the wait itself keeps the dials apart, without the help of a pace', () => {
    forEveryWalk((steps) => {
      for (const { after, dialledAt } of steps)
        if (after.kind === 'waiting') expect(after.nextDialAt).toBeGreaterThanOrEqual(dialledAt + minDialGapMs)
    })
  })

  it('every wait ends: at most 30 s, or as long as the server asked', () => {
    forEveryWalk((steps) => {
      for (const { after, endedAt } of steps) {
        if (after.kind !== 'waiting') continue
        const asked = after.error?.details['retryAfter']
        const most = Math.max(30_000, typeof asked === 'number' ? asked : 0)
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
      for (const [index, { after }] of steps.entries()) {
        const brief = briefOpensUpTo(steps, index)
        if (brief >= 3 && !['failed', 'refused'].includes(after.kind)) expect(after.kind).toBe('unavailable')
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

describe('Pace', () => {
  it('keeps turns apart, however many wait for one and however late the timers are', async () => {
    const pace = new DialThrottle()
    const taken: number[] = []
    const never = new AbortController().signal
    const blocked = setInterval(() => {
      const until = performance.now() + 40
      while (performance.now() < until);
    }, 90)
    const dial = async (): Promise<void> => {
      await pace.wait(never)
      taken.push(performance.now())
    }
    await Promise.all([dial(), dial(), dial(), dial()])
    clearInterval(blocked)
    for (const [index, time] of taken.slice(1).entries()) {
      const gap = time - (taken[index] ?? 0)
      expect(gap).toBeGreaterThanOrEqual(minDialGapMs - 1)
      expect(gap).toBeLessThan(minDialGapMs + 400)
    }
  })

  it('counts from the end of a dial that takes its time', async () => {
    const pace = new DialThrottle()
    const { signal } = new AbortController()
    await pace.wait(signal)
    const slow = performance.now() + 60
    while (performance.now() < slow);
    pace.dialled()
    await pace.wait(signal)
    expect(performance.now()).toBeGreaterThanOrEqual(slow + minDialGapMs - 1)
  })

  it('lets nobody wait whose signal aborts', async () => {
    const pace = new DialThrottle()
    const stop = new AbortController()
    await pace.wait(stop.signal)
    const waiting = pace.wait(stop.signal)
    stop.abort()
    await waiting
  })
})
