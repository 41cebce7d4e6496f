import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { EventsDocument as document06, type EventsSubscription as Events06 } from '../../src/generated/v0.6.ts'
import { EventsDocument as document08, type EventsSubscription as Events08 } from '../../src/generated/v0.8.ts'
import { EventsDocument as document10, type EventsSubscription as Events10 } from '../../src/generated/v1.0.ts'
import type { ItemSource } from '../../src/streams/event-declaration.ts'
import { events, type MesheryEvent, type Severity, type severities } from '../../src/streams/events.ts'
import { runsOf } from '../sample.ts'

const nil = '00000000-0000-0000-0000-000000000000'
const [id, user, subject, operation, system] = [1, 2, 3, 4, 5].map((n) => `0000000${n}-aaaa-4bbb-8ccc-dddddddddddd`)
const [made, changed] = ['2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:06Z']
const said = {
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'It broke.',
  metadata: { error: { ProbableCause: 'none' } },
}

/** The values of one event that are the same on every line and every transport. */
const canonical: MesheryEvent = {
  id: id ?? null,
  userID: user ?? null,
  actedUpon: subject ?? null,
  operationID: operation ?? null,
  systemID: system ?? null,
  ...said,
  createdAt: made ?? null,
  updatedAt: changed ?? null,
  deletedAt: null,
}

const graphql = {
  ...said,
  id,
  userID: user,
  actedUpon: subject,
  operationID: operation,
  systemID: system,
  createdAt: '2030-01-01T00:00:00Z',
  updatedAt: '2030-01-01T00:00:00Z',
  deletedAt: null,
}
const snake = {
  ...said,
  id,
  user_id: user,
  acted_upon: subject,
  operation_id: operation,
  system_id: system,
  created_at: made,
  updated_at: changed,
  deleted_at: null,
}
const camel = {
  ...said,
  id,
  actedUpon: subject,
  operationId: operation,
  systemId: system,
  createdAt: made,
  updatedAt: changed,
  deletedAt: null,
}

describe('an event', () => {
  it.each<[string, unknown, ItemSource]>([
    ['the store up to v0.8', snake, 'store'],
    ['the store up to v0.8, with the zero time of Go', { ...snake, deleted_at: '0001-01-01T00:00:00Z' }, 'store'],
    ['the store of early v1.0', { ...camel, userId: user }, 'store'],
    ['the store of today', { ...camel, owner: user }, 'store'],
    ['the store of today, without what is empty', { ...camel, owner: user, deletedAt: undefined }, 'store'],
    ['SSE', { ...camel, owner: user }, 'sse'],
  ])('has the same shape from %s', (_, wire, origin) => {
    expect(events.item(wire, origin)).toEqual(canonical)
  })

  it('has the same shape from a WebSocket, with its times, where the server pushes the id of the row', () => {
    expect(events.item({ ...graphql, createdAt: made, updatedAt: changed }, 'websocket')).toEqual(canonical)
  })

  it('has no times from a WebSocket without the id of the row: those are the times of the delivery', () => {
    const expected = { ...canonical, id: null, createdAt: null, updatedAt: null }
    expect(events.item({ ...graphql, id: nil }, 'websocket')).toEqual(expected)
  })

  it('has no `updatedAt` from SSE, where the pushed value was never stored', () => {
    const pushed = { ...camel, owner: user, id: nil, updatedAt: '0001-01-01T00:00:00Z' }
    expect(events.item(pushed, 'sse')).toEqual({ ...canonical, id: null, updatedAt: null })
  })

  it('has its fields in one order from every source', () => {
    for (const [wire, origin] of [
      [graphql, 'websocket'],
      [snake, 'store'],
      [camel, 'sse'],
    ] as const)
      expect(Object.keys(events.item(wire, origin) ?? {})).toEqual(Object.keys(canonical))
  })

  it('has no id where the server pushes the nil UUID, and null for each other nil UUID', () => {
    const pushed = { ...camel, id: nil, owner: nil, actedUpon: nil, operationId: nil, systemId: nil }
    expect(events.item(pushed, 'sse')).toMatchObject({
      id: null,
      userID: null,
      actedUpon: null,
      operationID: null,
      systemID: null,
      severity: 'error',
    })
  })

  it('has null for a field that is absent, empty or of another type', () => {
    const nothing = Object.fromEntries(Object.keys(canonical).map((key) => [key, null]))
    for (const value of [undefined, null, '', 7, true, [], {}]) {
      const wire = Object.fromEntries(Object.keys(canonical).map((key) => [key, value]))
      const expected =
        typeof value === 'object' && value && !Array.isArray(value) ? { ...nothing, metadata: {} } : nothing
      expect(events.item(wire, 'store')).toEqual(expected)
    }
    expect(events.item({}, 'store')).toEqual(nothing)
  })

  it('drops unknown fields and keeps unknown severities', () => {
    const item = events.item({ ...camel, severity: 'apocalyptic', colour: 'red' }, 'store')
    expect(item?.severity).toBe('apocalyptic')
    expect(item).not.toHaveProperty('colour')
  })

  it('is read only from an object', () => {
    for (const wire of [undefined, null, 'text', 7, true, [], [camel]])
      for (const origin of ['websocket', 'sse', 'store'] as const) expect(events.item(wire, origin)).toBeUndefined()
  })

  it('never throws for any input, and keeps its types', () => {
    const keys = fc.constantFrom(...Object.keys(graphql), ...Object.keys(snake), ...Object.keys(camel), '__proto__')
    const wires = fc.oneof(fc.anything(), fc.dictionary(keys, fc.anything()), fc.jsonValue())
    fc.assert(
      fc.property(wires, fc.constantFrom<ItemSource>('websocket', 'sse', 'store'), (wire, origin) => {
        const item = events.item(wire, origin)
        if (item === undefined) return
        expect(Object.keys(item)).toEqual(Object.keys(canonical))
        for (const [key, value] of Object.entries(item))
          if (key === 'metadata') expect(value === null || typeof value === 'object').toBe(true)
          else expect(value === null || (typeof value === 'string' && value !== '')).toBe(true)
        expect(events.traits(item)).toHaveLength(6)
        expect([events.id(item), events.at(item)]).toEqual([item.id, item.createdAt])
      }),
      { numRuns: runsOf(500) },
    )
  })
})

describe('a page of the store', () => {
  it.each([
    ['v0.6 to v0.8', { events: [snake], page: 0, page_size: 25, total_count: 3 }],
    ['v1.0 and later', { events: [snake], page: 0, pageSize: 25, totalCount: 3 }],
    ['a provider that calls it data', { data: [snake], totalCount: 3 }],
  ])('is read from %s', (_, body) => {
    expect(events.page(body)).toEqual({ rows: [snake], total: 3 })
  })

  it('is empty where the rows are null beside a total', () => {
    expect(events.page({ events: null, totalCount: 0 })).toEqual({ rows: [], total: 0 })
  })

  it('has a total of 0 where the server sends none', () => {
    expect(events.page({ events: [snake] })).toEqual({ rows: [snake], total: 0 })
    expect(events.page({ events: [snake], totalCount: '3' })).toEqual({ rows: [snake], total: 0 })
  })

  it('is not read from every answer', () => {
    for (const body of [undefined, null, 'text', 7, [], [snake], {}, { events: 'text' }, { error: 'no' }])
      expect(events.page(body)).toBeUndefined()
  })

  it('never throws for any answer', () => {
    const keys = fc.constantFrom('events', 'data', 'totalCount', 'total_count')
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(keys, fc.anything())), (body) => {
        const page = events.page(body)
        if (page) expect([Array.isArray(page.rows), typeof page.total]).toEqual([true, 'number'])
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('the documents of the lines', () => {
  it('have one shape', () => {
    expectTypeOf<Events08>().toEqualTypeOf<Events06>()
    expectTypeOf<Events10>().toEqualTypeOf<Events08>()
  })

  it('fit the canonical event, field by field', () => {
    expectTypeOf<keyof Events10['subscribeEvents']>().toEqualTypeOf<keyof MesheryEvent>()
    expectTypeOf<Events06['subscribeEvents']>().toExtend<MesheryEvent>()
    expectTypeOf<Events08['subscribeEvents']>().toExtend<MesheryEvent>()
    expectTypeOf<Events10['subscribeEvents']>().toExtend<MesheryEvent>()
    expectTypeOf<Events10['subscribeEvents']['severity']>().toExtend<(typeof severities)[number]>()
    expectTypeOf<string>().toExtend<Severity>()
  })

  it('request the fields of the canonical event from every line, under its names', () => {
    for (const document of [document06, document08, document10]) {
      const body = /subscribeEvents\{(.*?)\}/.exec(document)?.[1] ?? ''
      const names = body.replace(/(\w+):\w+/g, '$1').split(' ')
      expect(names.sort()).toEqual(Object.keys(canonical).sort())
    }
  })

  it('are tried with the older field names first', () => {
    expect(events.documents).toEqual([document08, document10])
    expect(document06).toBe(document08)
    expect(document10).toContain('userID:owner')
  })
})
