import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions, Subscription } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform, RawSocket } from '../../src/platform/platform.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A proxy that accepts connections for WebSockets and answers no upgrade; it passes everything else. */
class SilentProxy {
  dials = 0
  /** Whether the server behind it answers. */
  isUp = true

  platform(): Platform {
    return {
      ...nodePlatform({ env: {} }),
      fetch: async (url) => this.#answer(new URL(url)),
      openSocket: () => this.#socket(),
    }
  }

  #answer({ pathname }: URL): Response {
    if (!this.isUp) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    if (pathname.endsWith('/subscribe')) return this.#stream()
    if (pathname === '/api/system/events') return Response.json({ page: 0, page_size: 25, total_count: 0, events: [] })
    if (pathname === '/api/system/kubernetes/contexts')
      return Response.json({ page: 0, page_size: 25, total_count: 0, contexts: [] })
    return new Response('', { status: 404 })
  }

  #stream(): Response {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(': hello\n\n')),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  #socket(): RawSocket {
    this.dials++
    const silent = { onopen: null, onmessage: null, onclose: null, onerror: null }
    return { ...silent, readyState: 0, protocol: '', send() {}, close() {}, terminate() {} }
  }
}

const liveAfter = async (subscription: Subscription<unknown>, mostMs: number): Promise<number> => {
  const began = Date.now()
  while (subscription.status.state !== 'live' && subscription.status.state !== 'polling' && Date.now() - began < mostMs)
    await vi.advanceTimersByTimeAsync(100)
  return Date.now() - began
}

describe('an upgrade that is never answered, while plain HTTP is', () => {
  const open = (proxy: SilentProxy, options: MesheryOptions = {}) =>
    createMesheryOn(proxy.platform())({ url: 'http://silent.example', provider: 'None', ...options })

  it('delays events by one `timeouts.connect` until the next transport', async () => {
    const proxy = new SilentProxy()
    const meshery = open(proxy)
    const subscription = meshery.subscribeEvents()
    expect(await liveAfter(subscription, 60_000)).toBeLessThan(11_000)
    expect([subscription.status.transport, proxy.dials]).toEqual(['sse', 1])
    await Promise.all([meshery.close(), vi.advanceTimersByTimeAsync(2_000)])
  })

  it('delays a state by two, since the first read comes after the first', async () => {
    const proxy = new SilentProxy()
    const meshery = open(proxy, { transports: ['websocket', 'polling'] })
    const subscription = meshery.subscribeK8sContext()
    expect(await liveAfter(subscription, 60_000)).toBeLessThan(23_000)
    expect([subscription.status.transport, proxy.dials]).toEqual(['polling', 2])
    await Promise.all([meshery.close(), vi.advanceTimersByTimeAsync(2_000)])
  })

  it('is dialled again while plain HTTP is not answered either: then the server is down', async () => {
    const proxy = new SilentProxy()
    proxy.isUp = false
    const meshery = open(proxy)
    const subscription = meshery.subscribeK8sContext()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(subscription.status.state).toBe('waiting')
    expect(proxy.dials).toBeGreaterThan(3)
    await Promise.all([meshery.close(), vi.advanceTimersByTimeAsync(2_000)])
  })

  it('is dialled three times where `timeouts.connect` is so short that a slow server may need longer', async () => {
    const proxy = new SilentProxy()
    const meshery = open(proxy, { timeouts: { connect: 2_000 } })
    const subscription = meshery.subscribeEvents()
    await liveAfter(subscription, 60_000)
    expect([subscription.status.transport, proxy.dials]).toEqual(['sse', 3])
    await Promise.all([meshery.close(), vi.advanceTimersByTimeAsync(2_000)])
  })
})
