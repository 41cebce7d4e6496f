import { describe, expect, it } from 'vitest'
import { readFilters } from '../../src/actions/arguments.ts'
import type { EventActions, EventFilters } from '../../src/actions/index.ts'
import { releases, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor } from '../sample.ts'
import { actionsOn, addMany, errorOf } from './actions.ts'

const allOf = async (actions: EventActions, filters?: EventFilters): Promise<(string | null)[]> => {
  const ids: (string | null)[] = []
  for await (const { id } of actions.listAllEvents(filters)) ids.push(id)
  return ids
}

claimsInTurnFor('on %s', casesOf(releases), (it, [release]) => {
  it('pages go back from the newest event', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const newestFirst = addMany(fake, 45).toReversed()
    const pages = [0, 1, 2, 3].map((page) => actions.listEvents({ page, pageSize: 20 }))
    const [first, second, third, beyond] = await Promise.all(pages)
    expect(first).toMatchObject({ page: 0, pageSize: 20, totalCount: 45, hasMore: true })
    expect(first?.events.map(({ id }) => id)).toEqual(newestFirst.slice(0, 20))
    expect(second?.events.map(({ id }) => id)).toEqual(newestFirst.slice(20, 40))
    expect(third?.events.map(({ id }) => id)).toEqual(newestFirst.slice(40))
    expect(third?.hasMore).toBe(false)
    expect(beyond?.events).toEqual([])
  })

  it('filters choose events', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const actedUpon = 'bbbbbbbb-0000-4000-8000-000000000001'
    fake.events.add({ severity: 'error', category: 'pattern', action: 'deploy', actedUpon, description: 'It Broke.' })
    fake.events.add({ severity: 'warning', status: 'read' })
    fake.events.add()
    const matching: readonly (readonly [EventFilters, number])[] = [
      [{}, 3],
      [{ severity: 'error' }, 1],
      [{ severity: ['error', 'warning'] }, 2],
      [{ category: 'pattern', action: ['deploy', 'create'] }, 1],
      [{ status: 'read' }, 1],
      [{ status: ['read', 'unread'] }, 3],
      [{ actedUpon }, 1],
      [{ search: 'broke' }, 1],
      [{ severity: 'error', status: 'read' }, 0],
    ]
    for (const [filters, count] of matching) {
      const { events, totalCount } = await actions.listEvents(filters)
      const isIgnored = filters.actedUpon !== undefined && ['v0.6', 'v0.7'].includes(release)
      const expected = { filters, count, totalCount: isIgnored ? null : count }
      expect({ filters, count: events.length, totalCount }).toEqual(expected)
    }
  })

  it('all events are listed once, while others are added and deleted', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 350)
    const seen: (string | null)[] = []
    for await (const { id } of actions.listAllEvents()) {
      seen.push(id)
      if (seen.length === 100) fake.events.remove(...ids.slice(-60))
      if (seen.length === 250) fake.events.add({}, { push: false })
    }
    expect(seen).toEqual([...new Set(seen)])
    expect(seen.toSorted()).toEqual(ids.toSorted())
  })

  it('events that are marked on the way are listed once, too', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 230)
    const seen: string[] = []
    for await (const { id } of actions.listAllEvents({ status: 'unread' })) {
      if (id === null) continue
      seen.push(id)
      if (seen.length % 50 === 0) await actions.markRead(seen.slice(-50))
    }
    expect(seen.toSorted()).toEqual(ids.toSorted())
  })

  it('the summary counts by severity, the most serious first', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    for (const severity of ['informational', 'error', 'error']) fake.events.add({ severity })
    fake.events.add({ severity: 'critical', status: 'read' })
    const hasReadCount = release.startsWith('v1') || release === 'current'
    const readCount = hasReadCount ? 1 : null
    expect(await actions.summary()).toEqual({
      status: 'unread',
      totalCount: 3,
      countBySeverityLevel: [
        { severity: 'error', count: 2 },
        { severity: 'informational', count: 1 },
      ],
      readCount,
    })
    expect(await actions.summary({ status: 'read' })).toMatchObject({
      totalCount: 1,
      countBySeverityLevel: [{ severity: 'critical', count: 1 }],
    })
  })

  it('the types are those of the stored events', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    expect(await actions.types()).toEqual({ categories: [], actions: [] })
    fake.events.add({ category: 'pattern', action: 'deploy' })
    fake.events.add({ category: 'connection', action: 'deploy' })
    expect(await actions.types()).toEqual({ categories: ['pattern', 'connection'], actions: ['deploy'] })
  })
})

describe('a store that returns', () => {
  it('fewer rows than asked for is read to its end', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 130)
    fake.faults.capPages(30)
    expect((await allOf(actions)).toSorted()).toEqual(ids.toSorted())
  })

  it('its last page again has an end', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 130)
    fake.faults.wrongPages('last')
    expect((await allOf(actions)).toSorted()).toEqual(ids.toSorted())
    fake.faults.zeroTotal()
    expect((await allOf(actions)).toSorted()).toEqual(ids.toSorted())
  })

  it('a total of 0 beside rows gives no total', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    addMany(fake, 30)
    fake.faults.zeroTotal()
    expect(await actions.listEvents()).toMatchObject({ totalCount: null, hasMore: true })
    expect((await actions.summary()).totalCount).toBe(30)
  })
})

describe('a server', () => {
  it.each(['v0.6', 'current'] as const)('of %s without events is UNSUPPORTED', async (release) => {
    await using fake = await startFakeMeshery({ release, events: false })
    await using actions = actionsOn(fake)
    for (const call of [
      actions.listEvents(),
      actions.types(),
      actions.remove('aaaaaaaa-0000-4000-8000-000000000001'),
    ]) {
      expect(await errorOf(call)).toMatchObject({ code: 'UNSUPPORTED', remedy: expect.stringContaining('v0.6.15x') })
    }
  })

  it('that becomes another release is found under its new path', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    await using actions = actionsOn(fake)
    const [id = ''] = addMany(fake, 1)
    expect(await actions.markRead(id)).toEqual({ done: [id], missing: [] })
    await fake.become('current')
    expect(await actions.markUnread(id)).toEqual({ done: [id], missing: [] })
    expect((await actions.listEvents()).events).toHaveLength(1)
  })

  it('that refuses the credentials is asked for nothing more', async () => {
    await using fake = await startFakeMeshery({ auth: { token: 'right', provider: 'Meshery' } })
    await using actions = actionsOn(fake, { token: 'wr0ng-secret', provider: 'Meshery' })
    const error = await errorOf(actions.markRead('aaaaaaaa-0000-4000-8000-000000000001'))
    expect(error.code).toBe('CREDENTIALS_REFUSED')
    expect(JSON.stringify([error.message, error.details])).not.toContain('wr0ng-secret')
    expect(fake.stats.requests.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('arguments', () => {
  it.each([
    [{ severity: 'bad' }, 'severity'],
    [{ category: [''] }, 'category'],
    [{ page: -1 }, 'page'],
    [{ pageSize: 101 }, 'pageSize'],
    [{ search: 1 }, 'search'],
    [{ categories: 'x' }, 'did you mean `category`'],
  ])('are checked before anything is sent: %j', async (given, named) => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    // What JavaScript may pass.
    const error = await errorOf(Reflect.apply(actions.listEvents, undefined, [given]))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toContain(named)
    expect(fake.stats.requests).toEqual([])
  })
})

it.each(['severity', 'category', 'action', 'status', 'actedUpon'])(
  'an empty list as the filter %s is refused',
  (name) => {
    expect(() => readFilters({ [name]: [] })).toThrow(`\`${name}\` was given []; it takes one or more texts`)
  },
)
