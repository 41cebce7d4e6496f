import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type MergeEvent,
  type MergeScope,
  type MergeState,
  nextMergeState,
  unmerged,
} from '../../src/states/merge-state.ts'
import { runsOf } from '../sample.ts'
import { type Names, scripted } from './scripted-state.ts'

type Scope = MergeScope<{ readonly of: string }, Names, string>

const scope = (more: Partial<Scope['stream']> = {}): Scope => ({
  stream: { ...scripted().stream, ...more },
  wanted: { of: 'names' },
  ids: ['1'],
})

const pushed = (wire: unknown, transport: 'websocket' | 'sse' = 'websocket'): MergeEvent<Names> => ({
  type: 'pushed',
  wire,
  transport,
})

const stateAfter = (events: readonly MergeEvent<Names>[], of: Scope = scope()): MergeState<Names> =>
  events.reduce<MergeState<Names>>((state, event) => nextMergeState(of, state, event).state, unmerged)

const readEnded = (value: Names): MergeEvent<Names> => ({ type: 'read ended', reading: { value } })

/** Every kind of state, by the events that lead to it. */
const states = {
  empty: [],
  'has a value': [pushed(['a'])],
  'reading, without a value': [{ type: 'read began' }],
  'reading, with a value': [pushed(['a']), { type: 'read began' }],
  'reading, with a push since': [pushed(['a']), { type: 'read began' }, pushed('b')],
} as const satisfies Record<string, readonly MergeEvent<Names>[]>

/** What each event makes of each state: the value, whether it changed, and whether a read must follow. */
const table: readonly (readonly [
  state: keyof typeof states,
  event: MergeEvent<Names>,
  value: Names | undefined,
  effects: string,
])[] = [
  ['empty', { type: 'opened' }, undefined, ''],
  ['empty', { type: 'lost' }, undefined, ''],
  ['empty', { type: 'read began' }, undefined, ''],
  ['empty', { type: 'read failed' }, undefined, ''],
  ['empty', { type: 'unreadable' }, undefined, ''],
  ['empty', readEnded(['r']), ['r'], 'changed'],
  ['empty', pushed(['b']), ['b'], 'changed complete'],
  ['empty', pushed('b'), ['b'], 'changed complete'],
  ['empty', pushed(null), undefined, 'needs a read'],
  ['empty', pushed(7), undefined, 'needs a read'],
  ['has a value', { type: 'opened' }, ['a'], ''],
  ['has a value', { type: 'lost' }, ['a'], ''],
  ['has a value', { type: 'read began' }, ['a'], ''],
  ['has a value', { type: 'read failed' }, ['a'], ''],
  ['has a value', { type: 'unreadable' }, ['a'], ''],
  ['has a value', readEnded(['a']), ['a'], ''],
  ['has a value', readEnded(['r']), ['r'], 'changed'],
  ['has a value', pushed(['b']), ['a', 'b'], 'changed'],
  ['has a value', pushed('a'), ['a'], ''],
  ['has a value', pushed(['b'], 'sse'), ['b'], 'changed complete'],
  ['has a value', pushed(null), ['a'], 'needs a read'],
  ['reading, without a value', { type: 'opened' }, undefined, ''],
  ['reading, without a value', { type: 'lost' }, undefined, ''],
  ['reading, without a value', { type: 'read began' }, undefined, ''],
  ['reading, without a value', { type: 'read failed' }, undefined, ''],
  ['reading, without a value', { type: 'unreadable' }, undefined, ''],
  ['reading, without a value', readEnded(['r']), ['r'], 'changed'],
  ['reading, without a value', pushed(['b']), ['b'], 'changed complete'],
  ['reading, without a value', pushed(null), undefined, 'needs a read'],
  ['reading, with a value', { type: 'opened' }, ['a'], ''],
  ['reading, with a value', { type: 'lost' }, ['a'], ''],
  ['reading, with a value', { type: 'read began' }, ['a'], ''],
  ['reading, with a value', { type: 'read failed' }, ['a'], ''],
  ['reading, with a value', { type: 'unreadable' }, ['a'], ''],
  ['reading, with a value', readEnded(['r']), ['r'], 'changed'],
  ['reading, with a value', pushed('b'), ['a', 'b'], 'changed'],
  ['reading, with a value', pushed(null), ['a'], 'needs a read'],
  ['reading, with a push since', { type: 'opened' }, ['a', 'b'], ''],
  ['reading, with a push since', { type: 'lost' }, ['a', 'b'], ''],
  ['reading, with a push since', { type: 'read began' }, ['a', 'b'], ''],
  ['reading, with a push since', { type: 'read failed' }, ['a', 'b'], ''],
  ['reading, with a push since', { type: 'unreadable' }, ['a', 'b'], ''],
  ['reading, with a push since', readEnded(['r']), ['r', 'b'], 'changed'],
  ['reading, with a push since', pushed('c'), ['a', 'b', 'c'], 'changed'],
  ['reading, with a push since', pushed(null), ['a', 'b'], 'needs a read'],
]

describe('the transition', () => {
  it.each(table)('%s, %j: the value is %j, %s', (name, event, value, effects) => {
    const { state, changed, needsRead, isComplete } = nextMergeState(scope(), stateAfter(states[name]), event)
    const shown = [changed && 'changed', needsRead && 'needs a read', isComplete && 'complete'].filter(Boolean)
    expect([state.reading?.value, shown.join(' ')]).toEqual([value, effects])
  })

  it('covers every event in every state', () => {
    const types: MergeEvent<Names>['type'][] = [
      'opened',
      'lost',
      'pushed',
      'read began',
      'read ended',
      'read failed',
      'unreadable',
    ]
    const missing = Object.keys(states).flatMap((name) =>
      types.filter((type) => !table.some(([state, event]) => state === name && event.type === type)),
    )
    expect(missing).toEqual([])
  })

  it('expects a complete push again after a connection opened', () => {
    const reopened = stateAfter([pushed(['a']), pushed('b'), { type: 'opened' }])
    expect(nextMergeState(scope(), reopened, pushed(['c'])).state.reading?.value).toEqual(['c'])
  })

  it('keeps an equal value as the same object', () => {
    const before = stateAfter([pushed(['a'])])
    const { state } = nextMergeState(scope(), before, readEnded(['a']))
    expect(state.reading?.value).toBe(before.reading?.value)
  })

  it('shows the pushed value when every read fails and no value was shown before', () => {
    const incomplete = scope({ isIncomplete: () => true, combine: (read, push) => [...read, ...push] })
    const before = stateAfter([pushed(['a'])], incomplete)
    expect(before.reading).toBeUndefined()
    const { state, changed } = nextMergeState(incomplete, before, { type: 'unreadable' })
    expect([state.reading?.value, changed]).toEqual([['a'], true])
  })

  it('merges the pushes during a read on top of its result in their order, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 50 }), (names) => {
        const state = stateAfter([
          { type: 'read began' },
          pushed([]),
          ...names.map((name) => pushed(name)),
          readEnded([]),
        ])
        expect(state.reading?.value).toEqual([...new Set(names)])
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('reports an unlisted id once', () => {
    const unlisting = scope({ unlistedIds: () => ['x'] })
    const once = stateAfter([pushed(['a'])], unlisting)
    expect(once.unlistedIds).toEqual(['x'])
    expect(nextMergeState(unlisting, once, pushed('b')).state.unlistedIds).toBe(once.unlistedIds)
  })
})
