import { describe, expect, expectTypeOf, it } from 'vitest'
import * as browser from '../../src/core/browser.ts'
import * as node from '../../src/core/index.ts'
import * as worker from '../../src/core/worker.ts'
import type { Meshery } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { eventually } from '../waiting.ts'

const { createMeshery, events, controllersStatus, documents, polling, sse, websocket } = node

describe('a client of parts', () => {
  it('has the methods of its streams and no others', async () => {
    const meshery = createMeshery({ url: 'http://localhost', transports: [sse, polling], streams: [events] })
    expect(Object.keys(meshery).sort()).toEqual(['close', 'stats', 'subscribeEvents', 'url'])
    expectTypeOf(meshery.subscribeEvents).toEqualTypeOf<Meshery['subscribeEvents']>()
    expectTypeOf(meshery).not.toHaveProperty('subscribeK8sContext')
    await meshery.close()
  })

  it('has the type of the whole client when it has every stream', () => {
    const all = [events, documents, controllersStatus, node.perfProfiles, node.perfResults, node.configuration]
    const rest = [node.clusterResources, node.k8sContexts, node.meshModelSummary]
    const make = () => createMeshery({ transports: [polling], streams: [...all, ...rest] })
    expectTypeOf<ReturnType<typeof make>>().toExtend<Meshery>()
  })

  it.each([
    ['v1.0', websocket],
    ['current', sse],
    ['current', polling],
  ] as const)('follows events of %s over the transport that it is given', async (release, transport) => {
    await using fake = await startFakeMeshery({ release })
    const options = { url: fake.url, provider: 'None', polling: { interval: 100 } }
    await using meshery = createMeshery({ ...options, transports: [transport], streams: [events] })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    fake.events.add({ description: 'of parts' })
    for await (const { description } of subscription) {
      expect(description).toBe('of parts')
      break
    }
    expect(meshery.url).toBe(fake.url)
  })

  it('falls back in the order of its transports', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const parts = { transports: [websocket, sse], streams: [events] }
    await using meshery = createMeshery({ url: fake.url, provider: 'None', ...parts })
    const subscription = meshery.subscribeEvents()
    await eventually(() => expect(subscription.status).toMatchObject({ state: 'live', transport: 'sse' }))
  })

  it('follows a state', async () => {
    await using fake = await startFakeMeshery()
    const parts = { transports: [polling], streams: [controllersStatus] }
    await using meshery = createMeshery({ url: fake.url, provider: 'None', ...parts })
    for await (const list of meshery.subscribeMesheryControllersStatus()) {
      expect(Array.isArray(list)).toBe(true)
      break
    }
  })

  it('refuses options that the whole client refuses', () => {
    const parts = { transports: [polling], streams: [events] }
    expect(() => createMeshery({ ...parts, url: 'nowhere' })).toThrow('without a scheme')
  })

  it('renews tokens on every transport, but in a page on the WebSocket alone: elsewhere a page sends none', () => {
    const renewed = (entry: typeof browser): string[] =>
      [entry.websocket, entry.sse, entry.polling].flatMap((one) => ('renewal' in one ? one.name : []))
    expect([renewed(node), renewed(worker)]).toEqual(Array(2).fill(['websocket', 'sse', 'polling']))
    expect(renewed(browser)).toEqual(['websocket'])
  })

  it('exports the same in browsers and workers', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort())
    expect(Object.keys(worker).sort()).toEqual(Object.keys(node).sort())
  })
})
