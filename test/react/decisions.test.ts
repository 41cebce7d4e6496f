import { describe, expect, it } from 'vitest'
import type { MesheryEvent, Status } from '../../src/index.ts'
import { connectionOf } from '../../src/react/connection-status.ts'
import { addEvents, beginningOf } from '../../src/react/event-list.ts'
import { structureKey } from '../../src/react/structure-key.ts'
import { viewOf } from '../../src/react/view.ts'

const event = (id: string | null, description = ''): MesheryEvent => ({
  id,
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: null,
  action: null,
  status: null,
  category: null,
  description,
  metadata: null,
  createdAt: id === null ? null : '2026-01-01T00:00:00Z',
  updatedAt: null,
  deletedAt: null,
})

const statusOf = (state: Status['state']): Status => ({
  state,
  transport: null,
  attempt: 0,
  reason: null,
  nextRetryAt: null,
})

describe('the key of arguments', () => {
  it('is equal for equal structures', () => {
    const date = '2026-01-01T00:00:00.000Z'
    expect(structureKey({ a: [1, { c: 1, b: 2 }], d: new Date(date) })).toBe(
      structureKey({ d: date, a: [1, { b: 2, c: 1 }], e: undefined }),
    )
    expect(structureKey({ where: () => true })).toBe(structureKey({ where: () => false }))
  })

  it.each([
    [{ severity: 'error' }, { severity: ['error'] }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ since: '1h' }, {}],
    [{ where: () => true }, {}],
  ])('differs for %j and %j', (a, b) => expect(structureKey(a)).not.toBe(structureKey(b)))

  it('accepts instances that refer to themselves, such as a logger', () => {
    class Logger {
      readonly self = this
    }
    expect(structureKey({ logger: new Logger() })).toBe(structureKey({ logger: new Logger() }))
  })
})

describe('the list of events', () => {
  const options = () => {
    let count = 0
    return { limit: 3, nextKey: () => `own-${++count}` }
  }

  it('gives each event a key, and those without an id one of their own', () => {
    const list = addEvents([], [event('a'), event(null), event(null)], options())
    expect(list.map(({ key }) => key)).toEqual(['a', 'own-1', 'own-2'])
  })

  it('keeps the latest, in their order', () => {
    const list = addEvents(
      [],
      ['a', 'b', 'c', 'd'].map((id) => event(id)),
      options(),
    )
    expect(list.map(({ key }) => key)).toEqual(['b', 'c', 'd'])
    expect(addEvents(list, [event('e')], options()).map(({ key }) => key)).toEqual(['c', 'd', 'e'])
  })

  it('does not list an id twice, and stays the same object if nothing is new', () => {
    const list = addEvents([], [event('a'), event('a')], options())
    expect(list).toHaveLength(1)
    expect(addEvents(list, [event('a')], options())).toBe(list)
  })
})

describe('where a list begins', () => {
  const last = event('a')

  it('is where the page said at first, and after a retry the last event', () => {
    expect(beginningOf('1h', { last: undefined, elapsedMs: undefined })).toBe('1h')
    expect(beginningOf(undefined, { last: undefined, elapsedMs: undefined })).toBe(undefined)
    expect(beginningOf('1h', { last, elapsedMs: 5 })).toEqual({ id: 'a', createdAt: last.createdAt })
  })

  it('is the first starting point again while there is no event to go on from', () => {
    expect(beginningOf(undefined, { last: undefined, elapsedMs: 5_000 })).toBe('5000ms')
    expect(beginningOf('1m', { last: undefined, elapsedMs: 5_000 })).toBe('65000ms')
    expect(beginningOf(undefined, { last: event(null), elapsedMs: 5_000 })).toBe('5000ms')
    const date = new Date(0)
    expect(beginningOf(date, { last: undefined, elapsedMs: 5_000 })).toBe(date)
  })
})

describe('what a view shows', () => {
  const base = { content: undefined, error: null }

  it.each([
    [null, false, { isLoading: true, isStale: false }],
    ['connecting', false, { isLoading: true, isStale: false }],
    ['live', false, { isLoading: true, isStale: false }],
    ['live', true, { isLoading: false, isStale: false }],
    ['polling', true, { isLoading: false, isStale: false }],
    ['waiting', true, { isLoading: false, isStale: true }],
    ['closed', true, { isLoading: false, isStale: true }],
    ['closed', false, { isLoading: false, isStale: false }],
  ] as const)('is right while %s, loaded: %s', (state, isLoaded, expected) => {
    expect(viewOf({ ...base, isLoaded, status: state && statusOf(state) })).toMatchObject(expected)
  })
})

describe('the status of the connection', () => {
  it.each([
    [[], 'idle', false],
    [['live', 'live'], 'live', true],
    [['live', 'polling'], 'polling', true],
    [['live', 'connecting'], 'connecting', false],
    [['live', 'waiting', 'connecting'], 'waiting', false],
    [['live', 'failed'], 'live', true],
    [['failed'], 'failed', false],
  ] as const)('of %j is %s', (states, state, isConnected) => {
    expect(connectionOf(states.map(statusOf))).toMatchObject({ state, isConnected })
  })
})
