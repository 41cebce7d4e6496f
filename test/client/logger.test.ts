import { describe, expect, it } from 'vitest'
import { createMeshery, type LogDetails, type LogLevel, type MesheryOptions } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, until } from './watching.ts'

interface Line {
  readonly level: LogLevel
  readonly details: LogDetails
  readonly message: string
}

/** Follows events with a logger that keeps what it receives. */
const begin = async (options: MesheryOptions = {}) => {
  const fake = await startFakeMeshery({ release: 'v0.8' })
  const lines: Line[] = []
  const logger = (level: LogLevel, details: LogDetails, message: string) => void lines.push({ level, details, message })
  const meshery = createMeshery({ ...hasty, timeouts: { close: 500 }, url: fake.url, logger, ...options })
  const subscription = meshery.subscribeEvents()
  const dispose = async (): Promise<void> => {
    await meshery.close()
    await fake.close()
  }
  const of = (message: string): Line[] => lines.filter((line) => line.message === `meshery-live: ${message}`)
  return { fake, meshery, subscription, lines, of, [Symbol.asyncDispose]: dispose }
}

describe.concurrent('a logger that is a function', () => {
  it('receives each status at the level info, with its address and method', async () => {
    await using at = await begin()
    await until(() => expect(at.subscription.status.state).toBe('live'))
    const { url } = at.meshery
    expect(new Set(at.of('status').map(({ level }) => level))).toEqual(new Set(['info']))
    expect(at.of('status').at(-1)?.details).toMatchObject({
      url,
      subscription: 'subscribeEvents',
      kind: 'status',
      state: 'live',
      transport: 'websocket',
    })
  })

  it('receives other notices at the level warn', async () => {
    await using at = await begin()
    await until(() => expect(at.subscription.status.state).toBe('live'))
    at.fake.faults.answer('store', 500, { times: 1 })
    at.fake.events.add()
    await until(() => expect(at.of('gap')).toMatchObject([{ level: 'warn', details: { complete: false } }, {}]))
  })

  it('receives at the level error what ends a subscription', async () => {
    await using at = await begin({ retry: { attempts: 0 }, transports: ['polling'] })
    at.subscription.ready.catch(() => {})
    at.subscription.closed.catch(() => {})
    await at.fake.stop()
    await until(() => expect(at.subscription.status.state).toBe('failed'))
    expect(at.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'meshery-live: status', details: { state: 'failed', reason: { code: 'RETRIES_EXHAUSTED' } } },
    ])
  })

  it('receives connections, requests and events at the level debug', async () => {
    await using at = await begin()
    await until(() => expect(at.subscription.status.state).toBe('live'))
    const { id } = at.fake.events.add()
    await until(() => expect(at.of('event')).toHaveLength(1))
    expect(at.of('event')).toMatchObject([
      { level: 'debug', details: { id, origin: 'row', lagMs: expect.any(Number) } },
    ])
    expect(at.of('request')[0]).toMatchObject({
      level: 'debug',
      details: { method: 'GET', status: 200, code: null, durationMs: expect.any(Number) },
    })
    expect(at.of('request').every(({ details }) => !String(details['path']).includes('?'))).toBe(true)
    expect(at.of('connection').map(({ details }) => details['state'])).toEqual(['connecting', 'live'])
    at.fake.faults.cut()
    await until(() => expect(at.of('connection')).toHaveLength(5))
    expect(at.of('connection').slice(2)).toMatchObject([
      { details: { transport: 'websocket', state: 'waiting', reason: { code: 'CONNECTION_LOST' } } },
      { details: { state: 'connecting', attempt: 2 } },
      { details: { state: 'live', reason: null } },
    ])
  })

  it('receives the code of a request that failed', async () => {
    await using at = await begin({ transports: ['polling'] })
    await until(() => expect(at.subscription.status.state).toBe('polling'))
    await at.fake.stop()
    await until(() =>
      expect(at.lines).toContainEqual(
        expect.objectContaining({ details: expect.objectContaining({ status: null, code: 'ECONNREFUSED' }) }),
      ),
    )
  })
})

describe.concurrent('a logger that is an object', () => {
  it('is called as its own method, with the details first, as pino wants it', async () => {
    const logger = {
      lines: [] as unknown[][],
      info(...given: unknown[]) {
        this.lines.push(given)
      },
    }
    await using at = await begin({ logger })
    await until(() => expect(at.subscription.status.state).toBe('live'))
    expect(logger.lines[0]).toEqual([expect.objectContaining({ state: 'connecting' }), 'meshery-live: status'])
    expect(logger.lines.at(-1)).toEqual([expect.objectContaining({ state: 'live' }), 'meshery-live: status'])
  })

  it('that throws at a request fails the next notice', async () => {
    const debug = (): void => {
      throw new Error('of the logger')
    }
    await using at = await begin({ logger: { debug }, transports: ['polling'] })
    await expect(at.subscription.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
    expect(at.fake.stats.requests.length).toBeGreaterThan(0)
  })

  it('that throws at an event loses none, and fails the next notice', async () => {
    const debug = (_: LogDetails, message: string): void => {
      if (message.endsWith('event')) throw new Error('of the logger')
    }
    await using at = await begin({ logger: { debug } })
    await until(() => expect(at.subscription.status.state).toBe('live'))
    const added = [at.fake.events.add({ description: 'first' }), at.fake.events.add({ description: 'second' })]
    const reader = at.subscription[Symbol.asyncIterator]()
    for (const { id } of added) expect((await reader.next()).value).toMatchObject({ id })
    at.fake.faults.cut()
    await expect(reader.next()).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
  })
})
