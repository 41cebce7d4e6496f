import { describe, expect, expectTypeOf, it } from 'vitest'
import * as browser from '../../src/actions/browser.ts'
import * as node from '../../src/actions/index.ts'
import * as worker from '../../src/actions/worker.ts'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { addMany } from './actions.ts'

describe('meshery-live/actions', () => {
  it('has the same surface in Node, browsers and workers', () => {
    for (const entry of [node, browser, worker]) expect(Object.keys(entry)).toEqual(['createEventActions'])
    expectTypeOf(browser).toEqualTypeOf<typeof node>()
    expectTypeOf(worker).toEqualTypeOf<typeof node>()
  })

  it.each(['v0.8', 'current'] satisfies Release[])('works by the `fetch` of a worker on %s', async (release) => {
    await using fake = await startFakeMeshery({ release })
    const ids = addMany(fake, 3)
    await using actions = worker.createEventActions({ url: fake.url, provider: 'None' })
    expect(await actions.markRead(ids)).toEqual({ done: ids, missing: [] })
    expect((await actions.listEvents({ status: 'read' })).events).toHaveLength(3)
    expect(await actions.remove(ids)).toEqual({ done: ids, missing: [] })
    expect(fake.events.rows).toEqual([])
  })
})

describe('Node', () => {
  it('sends the body of a DELETE with its length, so that it is no second request', async () => {
    await using fake = await startFakeMeshery()
    const ids = addMany(fake, 3)
    await using actions = node.createEventActions({ url: fake.url, provider: 'None' })
    await actions.remove(ids)
    const [deletion] = fake.stats.requests.filter(({ method }) => method === 'DELETE')
    expect(deletion?.headers).toMatchObject({ 'content-length': String(JSON.stringify({ ids }).length) })
    expect(deletion?.headers['transfer-encoding']).toBeUndefined()
  })
})
