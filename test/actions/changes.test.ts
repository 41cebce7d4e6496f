import { describe, expect, it } from 'vitest'
import { releases, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor } from '../sample.ts'
import { withEnoughMs } from '../waiting.ts'
import { actionsOn, addMany, errorOf, statusesOf, writesOf } from './actions.ts'

const unknownID = 'aaaaaaaa-0000-4000-8000-000000000001'
const old = ['v0.6', 'v0.7', 'v0.8'] as const

claimsInTurnFor('on %s', casesOf(releases), (it, [release]) => {
  it('one event is marked as read and as unread, and is deleted', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const [first = '', second = ''] = addMany(fake, 2)
    expect(await actions.markRead(first)).toEqual({ done: [first], missing: [] })
    expect(statusesOf(fake)).toEqual(['read', 'unread'])
    expect(await actions.markUnread(first.toUpperCase())).toEqual({ done: [first], missing: [] })
    expect(statusesOf(fake)).toEqual(['unread', 'unread'])
    expect(await actions.remove([second])).toEqual({ done: [second], missing: [] })
    expect(fake.events.rows.map(({ id }) => id)).toEqual([first])
  })

  it('many events take one request for each hundred', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 230)
    expect(await actions.markRead([...ids, ...ids])).toEqual({ done: ids, missing: [] })
    expect(new Set(statusesOf(fake))).toEqual(new Set(['read']))
    await actions.remove(ids.slice(1))
    expect(fake.events.rows).toHaveLength(1)
    expect(writesOf(fake)).toHaveLength(6)
  })

  it('nothing is sent for ids of which one is wrong, and for none', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const [id = ''] = addMany(fake, 1)
    for (const wrong of ['', 'bulk', `${id}x`, '00000000-0000-0000-0000-000000000000'])
      expect(await errorOf(actions.remove([id, wrong]))).toMatchObject({ code: 'INVALID_OPTION', phase: 'options' })
    expect(await actions.markRead([])).toEqual({ done: [], missing: [] })
    expect(fake.stats.requests).toEqual([])
  })

  it('half of a bulk that fails is finished one by one', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 6)
    fake.faults.breakWrites('half')
    expect(await actions.markRead(ids)).toEqual({ done: ids, missing: [] })
    expect(new Set(statusesOf(fake))).toEqual(new Set(['read']))
  })

  it('status 200 with the text of an error is an error', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 3)
    fake.faults.breakWrites('error-text')
    const error = await errorOf(actions.remove(ids))
    expect(error).toMatchObject({
      code: 'SERVER_ERROR',
      phase: 'action',
      details: { status: 200, done: [], unknown: ids },
    })
    expect(error.message).toMatch(/0 of 3 events were deleted: .* with an error: database is locked/)
    expect(error.remedy).toContain('details.unknown')
  })

  it('a change whose answer is lost is sent again, three times in all, and then has an unknown outcome', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 2)
    fake.faults.breakWrites('lost')
    expect(await errorOf(actions.markRead(ids))).toMatchObject({
      code: 'CONNECTION_LOST',
      details: { done: [], unchanged: [], unknown: ids },
      remedy: expect.stringContaining('nothing is done twice'),
    })
    expect(writesOf(fake)).toHaveLength(3)
    fake.faults.breakWrites(undefined)
    expect(await actions.markRead(ids)).toEqual({ done: ids, missing: [] })
  })
})

claimsInTurnFor('on %s, which answers with the changed events', casesOf(old), (it, [release]) => {
  it('unknown ids are reported as missing', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const [id = ''] = addMany(fake, 1)
    expect(await actions.markRead([id, unknownID])).toEqual({ done: [id], missing: [unknownID] })
    expect(await actions.markRead(unknownID)).toEqual({ done: [], missing: [unknownID] })
  })

  it('a success that changed nothing is an error', async () => {
    await using fake = await startFakeMeshery({ release })
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 2)
    fake.faults.breakWrites('ignored')
    const error = await errorOf(actions.markRead(ids))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', details: { done: [], unknown: ids } })
    expect(error.message).toContain('did not change 2 of 2 events')
  })
})

describe('a refused change', () => {
  it.each([
    [400, 'SERVER_ERROR', false],
    [403, 'CREDENTIALS_REFUSED', false],
    [409, 'SERVER_ERROR', false],
    [429, 'RATE_LIMITED', true],
  ] as const)('with %i changed nothing', async (status, code, retryable) => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 3)
    fake.faults.answer('write', status, { headers: { 'retry-after': '0' } })
    const error = await errorOf(actions.markRead(ids))
    expect(error).toMatchObject({ code, retryable, details: { status, done: [], unchanged: ids, unknown: [] } })
    expect(error.remedy).not.toBe('')
    expect(statusesOf(fake)).toEqual(['unread', 'unread', 'unread'])
  })

  it('with 401 is sent once more with other credentials', async () => {
    await using fake = await startFakeMeshery({ auth: { token: 'first', provider: 'Meshery' } })
    let token = 'first'
    await using actions = actionsOn(fake, {
      provider: undefined,
      credentials: async () => ({ token, provider: 'Meshery' }),
    })
    const [id = ''] = addMany(fake, 1)
    await actions.listEvents()
    fake.faults.acceptToken('second')
    const error = await errorOf(actions.markRead(id))
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { unchanged: [id] } })
    token = 'second'
    expect(await actions.markRead(id)).toEqual({ done: [id], missing: [] })
  })

  it('with 403 and 409 has a remedy of its own', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const [id = ''] = addMany(fake, 1)
    fake.faults.answer('write', 403)
    expect((await errorOf(actions.remove(id))).remedy).toContain('may change these events')
    fake.faults.answer('write', 409)
    expect((await errorOf(actions.remove(id))).remedy).toContain('list them again')
  })

  it('with 429 is sent again after `Retry-After`', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 2)
    fake.faults.answer('write', 429, { headers: { 'retry-after': '0' }, times: 2 })
    expect(await actions.markRead(ids)).toEqual({ done: ids, missing: [] })
    expect(writesOf(fake).map((write) => write.slice(-3))).toEqual(['429', '429', '200'])
  })

  it('with 500 for every event ends after three of them', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 6)
    fake.faults.answer('write', 500)
    const { details } = await errorOf(actions.markRead(ids))
    expect(details).toMatchObject({ status: 500, unknown: ids.slice(0, 3), unchanged: ids.slice(3) })
    expect(writesOf(fake)).toHaveLength(4)
  })

  it('in the middle of a list says what was done before it', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 101)
    const last = ids.at(-1) ?? ''
    fake.faults.answer('write', 400, { path: `/api/system/events/status/${last}` })
    const error = await errorOf(actions.markRead(ids))
    expect(error.details).toMatchObject({ done: ids.slice(0, 100), unchanged: [last] })
    expect(error.message).toContain('100 of 101 events were marked as read')
  })
})

describe('the end of a call', () => {
  it('by its signal, while a change is under way, leaves an unknown outcome', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 150)
    await actions.listEvents()
    fake.faults.answer('write', 'silence')
    const abort = new AbortController()
    const call = errorOf(actions.markRead(ids, { signal: abort.signal }))
    await expect.poll(() => writesOf(fake).length).toBe(1)
    abort.abort()
    expect(await call).toMatchObject({
      code: 'CLOSED',
      details: { unknown: ids.slice(0, 100), unchanged: ids.slice(100) },
    })
  })

  it('by `timeouts.request` leaves an unknown outcome, and sends nothing twice', () =>
    withEnoughMs(async (request) => {
      await using fake = await startFakeMeshery()
      await using actions = actionsOn(fake, { timeouts: { request } })
      const ids = addMany(fake, 2)
      fake.faults.answer('write', 'silence')
      expect(await errorOf(actions.markRead(ids))).toMatchObject({ code: 'TIMED_OUT', details: { unknown: ids } })
      expect(writesOf(fake)).toHaveLength(1)
    }))

  it('by `close` ends calls that are under way, and refuses others', async () => {
    await using fake = await startFakeMeshery()
    const actions = actionsOn(fake)
    fake.faults.answer('store', 'silence')
    const call = errorOf(actions.listEvents())
    await expect.poll(() => fake.stats.requests.length).toBe(1)
    await actions.close()
    expect(await call).toMatchObject({ code: 'CLOSED' })
    expect(await errorOf(actions.remove('aaaaaaaa-0000-4000-8000-000000000001'))).toMatchObject({ code: 'CLOSED' })
  })

  it('by a server that cannot be reached changed nothing', async () => {
    await using fake = await startFakeMeshery()
    const ids = addMany(fake, 2)
    await using actions = actionsOn(fake)
    await actions.listEvents()
    await fake.stop()
    expect(await errorOf(actions.markRead(ids))).toMatchObject({
      code: 'CONNECTION_REFUSED',
      details: { unchanged: ids, unknown: [] },
    })
  })
})

describe('a release that changes events only one by one', () => {
  const bulk = '/api/system/events/status/bulk'

  it.each([
    ['404', { status: 404, body: '404 page not found\n' }],
    ['405', { status: 405, body: '' }],
    ['a page', { status: 200, body: '<!doctype html>', headers: { 'content-type': 'text/html' } }],
  ] as const)('answers a bulk with %s, and gets one request for each event', async (_, { status, ...how }) => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 3)
    fake.faults.answer('write', status, { ...how, path: bulk })
    expect(await actions.markRead(ids)).toEqual({ done: ids, missing: [] })
    expect(writesOf(fake)).toHaveLength(4)
  })

  it('and has no path for one event either is UNSUPPORTED, with nothing changed', async () => {
    await using fake = await startFakeMeshery()
    await using actions = actionsOn(fake)
    const ids = addMany(fake, 3)
    fake.faults.answer('write', 404, { body: '404 page not found\n' })
    const error = await errorOf(actions.markRead(ids))
    expect(error).toMatchObject({ code: 'UNSUPPORTED', details: { done: [], unchanged: ids, unknown: [] } })
    expect(writesOf(fake)).toHaveLength(2)
  })
})
