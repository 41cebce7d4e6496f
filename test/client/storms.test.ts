import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryEvent, TransportName } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform, RawSocket } from '../../src/platform/platform.ts'
import { casesOf, claimsInTurnFor, sampled } from '../sample.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** A server that sends one event over each connection, stores it, and closes the connection after a time. */
class StormyServer {
  readonly dials: number[] = []
  readonly reads: number[] = []
  readonly #rows: object[] = []
  readonly #closesAfter: number

  constructor(closesAfter: number) {
    this.#closesAfter = closesAfter
  }

  get stored(): number {
    return this.#rows.length
  }

  #event(): object {
    const time = new Date(Date.now()).toISOString()
    const number = this.#rows.length
    const row = { id: uuid(number), description: `Event ${number}`, created_at: time, updated_at: time }
    this.#rows.push(row)
    return row
  }

  platform(): Platform {
    return {
      ...nodePlatform({ env: {} }),
      fetch: async (url) => this.#answer(new URL(url)),
      openSocket: () => this.#socket(),
    }
  }

  #answer({ pathname, searchParams }: URL): Response {
    if (pathname.endsWith('/subscribe')) return this.#stream()
    if (pathname !== '/api/system/events') return new Response('', { status: 404 })
    this.reads.push(Date.now())
    const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('pagesize'))]
    const rows = searchParams.get('order') === 'asc' ? this.#rows : this.#rows.toReversed()
    const events = rows.slice(page * size, (page + 1) * size)
    return Response.json({ page, page_size: size, total_count: rows.length, events })
  }

  #stream(): Response {
    this.dials.push(Date.now())
    const text = `data: ${JSON.stringify(this.#event())}\n\n`
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode(text))
        setTimeout(() => controller.close(), this.#closesAfter)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  #socket(): RawSocket {
    this.dials.push(Date.now())
    const socket = {
      readyState: 1,
      protocol: 'graphql-transport-ws',
      connected: true,
      onopen: null as RawSocket['onopen'],
      onmessage: null as RawSocket['onmessage'],
      onclose: null as RawSocket['onclose'],
      onerror: null as RawSocket['onerror'],
      send: (text: string): void => {
        const { type, id } = JSON.parse(text) as { type: string; id?: string }
        const say = (message: object): void => socket.onmessage?.({ data: JSON.stringify(message) })
        if (type === 'connection_init') queueMicrotask(() => say({ type: 'connection_ack' }))
        if (type === 'ping') queueMicrotask(() => say({ type: 'pong' }))
        if (type !== 'subscribe') return
        const payload = { data: { subscribeEvents: this.#event() } }
        queueMicrotask(() => say({ type: 'next', id, payload }))
        setTimeout(() => socket.onclose?.({ code: 1000, reason: '' }), this.#closesAfter)
      },
      close: (): void => queueMicrotask(() => socket.onclose?.({ code: 1000, reason: '' })),
      terminate: (): void => {},
    }
    queueMicrotask(() => socket.onopen?.())
    return socket
  }
}

const pushing: readonly TransportName[] = ['websocket', 'sse']

claimsInTurnFor('a server that sends one event and closes, over %s', casesOf(pushing), (it, [transport]) => {
  const follow = (server: StormyServer, transports: readonly TransportName[]) => {
    const meshery = createMesheryOn(server.platform())({ url: 'http://storms.example', provider: 'None', transports })
    const subscription = meshery.subscribeEvents()
    const events: MesheryEvent[] = []
    const read = (async () => {
      for await (const event of subscription) events.push(event)
    })()
    return { meshery, subscription, events, read }
  }
  const since = (times: readonly number[], from: number): number => times.filter((time) => time >= from).length

  it.each(sampled([0, 6_000, 20_000], 1, transport))(
    'after %i ms is dialled and read less and less often',
    async (closesAfter) => {
      const server = new StormyServer(closesAfter)
      const { meshery, events, read } = follow(server, [transport])
      await vi.advanceTimersByTimeAsync(10 * 60_000)
      const later = Date.now()
      await vi.advanceTimersByTimeAsync(10 * 60_000)
      // Two dials a second would be 1,200 of each.
      expect(since(server.dials, later)).toBeLessThan(60)
      expect(since(server.reads, later)).toBeLessThan(400)
      expect(since(server.dials, later)).toBeGreaterThan(10)
      await vi.advanceTimersByTimeAsync(60_000)
      const got = events.map(({ description }) => description)
      expect(got).toEqual([...new Set(got)])
      expect(got.length).toBeGreaterThanOrEqual(server.stored - 1)
      await Promise.all([meshery.close(), read, vi.advanceTimersByTimeAsync(2_000)])
    },
  )

  it('is polled within 90 s where that is allowed', async () => {
    const server = new StormyServer(0)
    const { meshery, subscription, read } = follow(server, [transport, 'polling'])
    await vi.advanceTimersByTimeAsync(90_000)
    expect(subscription.status.state).toBe('polling')
    expect(server.dials.length).toBeLessThan(16)
    await Promise.all([meshery.close(), read, vi.advanceTimersByTimeAsync(2_000)])
  })

  it('after more than 30 s is dialled again at once', async () => {
    const server = new StormyServer(31_000)
    const { meshery, read } = follow(server, [transport])
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    const gaps = server.dials.slice(1).map((time, index) => time - (server.dials[index] ?? 0))
    expect(gaps.length).toBeGreaterThan(15)
    for (const gap of gaps) expect(gap).toBeLessThan(32_000)
    await Promise.all([meshery.close(), read, vi.advanceTimersByTimeAsync(2_000)])
  })
})
