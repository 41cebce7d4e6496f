import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { createMeshery } from '../../src/index.ts'
import { ClientDiagnostics } from '../../src/platform/diagnostics.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, until } from '../client/watching.ts'

const topics = ['notice', 'connection', 'event', 'request'] as const

/** What is published for one server. */
const published = (url: () => string) => {
  const messages: Record<(typeof topics)[number], unknown[]> = { notice: [], connection: [], event: [], request: [] }
  for (const topic of topics) {
    const listener = (message: unknown): void => {
      if (typeof message === 'object' && message !== null && Reflect.get(message, 'url') === url())
        messages[topic].push(message)
    }
    subscribe(`meshery-live:${topic}`, listener)
    onTestFinished(() => void unsubscribe(`meshery-live:${topic}`, listener))
  }
  return messages
}

describe('the channels', () => {
  it('publish notices, connections, events and requests, without a logger', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const messages = published(() => fake.url)
    await using meshery = createMeshery({ ...hasty, timeouts: { close: 500 }, url: fake.url })
    const subscription = meshery.subscribeEvents()
    await until(() => expect(subscription.status.state).toBe('live'))
    const { id } = fake.events.add()
    await until(() => expect(messages.event).toHaveLength(1))
    expect(messages.event).toEqual([{ url: fake.url, id, origin: 'row', lagMs: expect.any(Number) }])
    expect(messages.notice.at(-1)).toMatchObject({
      url: fake.url,
      subscription: 'subscribeEvents',
      kind: 'status',
      state: 'live',
    })
    expect(messages.connection).toMatchObject([
      { transport: 'websocket', state: 'connecting', attempt: 1, reason: null, nextRetryAt: null },
      { transport: 'websocket', state: 'live' },
    ])
    expect(messages.request[0]).toMatchObject({ method: 'GET', status: 200, code: null })
  })

  it('a subscriber that throws does not disturb the client', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const thrown = vi.fn()
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', thrown)
    const fail = (): void => {
      throw new Error('of a subscriber')
    }
    subscribe('meshery-live:event', fail)
    onTestFinished(() => {
      unsubscribe('meshery-live:event', fail)
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    })
    await using meshery = createMeshery({ ...hasty, timeouts: { close: 500 }, url: fake.url })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    fake.events.add({ description: 'first' })
    const { value } = await subscription[Symbol.asyncIterator]().next()
    expect(value).toMatchObject({ description: 'first' })
    await until(() => expect(thrown).toHaveBeenCalled())
  })
})

describe('without a subscriber', () => {
  const scripted = (hasSubscribers: boolean) => {
    const channel = { hasSubscribers, publish: vi.fn() }
    const text = vi.fn((given: string) => given)
    const client = { base: 'http://meshery', credentials: { secrets: { text } }, counters: { receivedBytes: 0 } }
    const channels = { notice: channel, connection: channel, event: channel, request: channel }
    return { diagnostics: new ClientDiagnostics(client, {}, channels), channel, text }
  }

  const doAll = async (diagnostics: ClientDiagnostics): Promise<void> => {
    diagnostics.notice('subscribeEvents', { kind: 'status' })
    const error = new MesheryError('CONNECTION_LOST', 'gone', { phase: 'stream' })
    const state = { kind: 'waiting', attempt: 1, error, nextDialAt: 0, received: false }
    diagnostics.connection('websocket', state)
    diagnostics.event('id', '2026-01-01T00:00:00Z', 'push')
    await diagnostics.request('GET', 'http://meshery/api?secret', async () => ({ status: 200 }))
    await expect(diagnostics.request('GET', 'http://meshery/api', () => Promise.reject(error))).rejects.toBe(error)
  }

  it('nothing is redacted and nothing published', async () => {
    const { diagnostics, channel, text } = scripted(false)
    await doAll(diagnostics)
    expect(text).not.toHaveBeenCalled()
    expect(channel.publish).not.toHaveBeenCalled()
  })

  it('and with one, every text of a server is redacted, and no path has its query', async () => {
    const { diagnostics, channel, text } = scripted(true)
    await doAll(diagnostics)
    expect(channel.publish).toHaveBeenCalledTimes(5)
    expect(text.mock.calls.flat()).toEqual(['id', '/api', '/api', 'CONNECTION_LOST'])
  })

  it('lags are of the last 256 events', () => {
    const { diagnostics } = scripted(false)
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(diagnostics.lagMs).toBeNull()
    const come = (lagMs: number): void => diagnostics.event(null, new Date(1_000_000 - lagMs).toISOString(), 'row')
    come(9_999)
    for (let lagMs = 1; lagMs <= 256; lagMs++) come(lagMs)
    diagnostics.event(null, null, 'push')
    diagnostics.event(null, 'not a time', 'push')
    expect(diagnostics.lagMs).toEqual({ last: 256, p50: 128, p99: 254 })
  })
})
