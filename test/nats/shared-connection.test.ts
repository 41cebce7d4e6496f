import { expect, test, vi } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { SharedConnection } from '../../src/nats/shared-connection.ts'
import { eventually } from '../waiting.ts'

/** A connection that counts how often it was closed. */
class ScriptedConnection {
  readonly #closed = deferred<void>()
  closes = 0

  async close(): Promise<void> {
    this.closes++
    this.#closed.resolve()
  }

  closed(): Promise<void> {
    return this.#closed.promise
  }
}

const script = (...failures: Error[]) => {
  const made: ScriptedConnection[] = []
  const shared = new SharedConnection(async () => {
    const failure = failures.shift()
    if (failure) throw failure
    const connection = new ScriptedConnection()
    made.push(connection)
    return connection
  })
  return { made, shared }
}

const never = new AbortController().signal

test('is dialled once for all who use it, and closed after the last', async () => {
  const { made, shared } = script()
  const [first, second] = [deferred<void>(), deferred<void>()]
  const uses = [first, second].map(({ promise }) => shared.use(() => promise, never))
  first.resolve()
  await uses[0]
  expect(made.map(({ closes }) => closes)).toEqual([0])
  second.resolve()
  await uses[1]
  await eventually(() => expect(made.map(({ closes }) => closes)).toEqual([1]))
})

test('is dialled again, and not sooner than 500 ms later, after it was closed or a dial failed', async () => {
  vi.useFakeTimers()
  try {
    const { made, shared } = script(new Error('refused'))
    await expect(shared.use(async () => {}, never)).rejects.toThrow('refused')
    const used = shared.use(async (connection) => connection.close(), never)
    await vi.advanceTimersByTimeAsync(450)
    expect(made).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(100)
    await used
    const again = shared.use(async () => {}, never)
    await vi.advanceTimersByTimeAsync(600)
    await again
    expect(made).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

test('is not dialled again sooner than 500 ms after a dial that took long', async () => {
  vi.useFakeTimers()
  try {
    const dialledAt: number[] = []
    const shared = new SharedConnection(async () => {
      // The first one loads what it needs.
      if (dialledAt.length === 0) await new Promise((resolve) => setTimeout(resolve, 400))
      dialledAt.push(performance.now())
      return new ScriptedConnection()
    })
    const twice = async (): Promise<void> => {
      await shared.use(async () => {}, never)
      await shared.use(async () => {}, never)
    }
    const used = twice()
    await vi.advanceTimersByTimeAsync(2_000)
    await used
    const [first = 0, second = 0] = dialledAt
    expect(second - first).toBeGreaterThanOrEqual(500)
  } finally {
    vi.useRealTimers()
  }
})

test('is closed where who asked for it has left before it was there', async () => {
  const dialled = deferred<ScriptedConnection>()
  const connection = new ScriptedConnection()
  const shared = new SharedConnection(() => dialled.promise)
  const leaving = new AbortController()
  const used = shared.use(async () => 'used', leaving.signal)
  await Promise.resolve()
  leaving.abort()
  await expect(used).rejects.toMatchObject({ code: 'CLOSED' })
  dialled.resolve(connection)
  await eventually(() => expect(connection.closes).toBe(1))
})
