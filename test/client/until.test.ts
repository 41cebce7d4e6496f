import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import { createMeshery, MesheryError, until } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty } from './watching.ts'

/** An iterable that the test controls, and whether it was closed. */
const channel = <T>(...first: T[]) => {
  const waiting: T[] = first
  let wake = (): void => {}
  let over = false
  let error: unknown
  const state = { returned: 0, asked: 0 }
  return {
    state,
    push: (value: T): void => {
      waiting.push(value)
      wake()
    },
    end: (reason?: unknown): void => {
      over = true
      error = reason
      wake()
    },
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<T, undefined>> {
        state.asked++
        while (waiting.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve))
        const value = waiting.shift()
        if (value !== undefined) return { done: false, value }
        if (error !== undefined) throw error
        return { done: true, value: undefined }
      },
      async return(): Promise<IteratorResult<T, undefined>> {
        state.returned++
        return { done: true, value: undefined }
      },
    }),
  }
}

const failure = (promise: Promise<unknown>): Promise<MesheryError> =>
  promise.then(
    (value) => Promise.reject(new Error(`It resolved with ${JSON.stringify(value)}`)),
    (error: unknown) => (error instanceof MesheryError ? error : Promise.reject(error)),
  )

afterEach(() => void vi.useRealTimers())

describe('until', () => {
  test('resolves with the first value that passes, reads no further, and closes', async () => {
    const values = channel(1, 2, 3, 4)
    expect(await until(values, (value) => value >= 3)).toBe(3)
    expect(values.state).toEqual({ returned: 1, asked: 3 })
  })

  test('waits for values that come later', async () => {
    const values = channel<string>()
    const found = until(values, (value) => value === 'yes')
    for (const value of ['no', 'no', 'yes']) values.push(value)
    expect(await found).toBe('yes')
  })

  test('has the narrower type of a type predicate', async () => {
    const found = until(channel<string | null>(null, 'a'), (value) => value !== null)
    expectTypeOf(found).toEqualTypeOf<Promise<string>>()
    expect(await found).toBe('a')
  })

  test('rejects in time, with the last value and its remedy', async () => {
    vi.useFakeTimers()
    const last = [{ connectionID: 'x', controller: 'MESHSYNC', status: 'DEPLOYED', version: null }]
    const values = channel(last)
    const error = failure(until(values, () => false, { timeout: 60_000 }))
    await vi.advanceTimersByTimeAsync(59_999)
    expect(values.state.returned).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(await error).toMatchObject({ code: 'TIMED_OUT', phase: 'stream' })
    expect((await error).details['last']).toBe(last)
    expect((await error).message).toBe(
      'The predicate did not pass within 60000 ms; the last value was [{"controller":"MESHSYNC","status":"DEPLOYED"}]',
    )
    expect(values.state.returned).toBe(1)
  })

  test('reports it when no value came', async () => {
    const error = await failure(until(channel(), () => true, { timeout: 1 }))
    expect(error.message).toContain('there was no value')
    expect(error.details).toEqual({ last: undefined })
  })

  test.each([
    [{ profiles: [{ name: 'load', request_cookies: 'token=secret', request_headers: 'secret' }] }, 'secret'],
    [{ severity: 'error', metadata: { password: 'secret' }, description: 'secret' }, 'secret'],
  ])('shows no secret in its message: %j', async (value, secret) => {
    const error = await failure(until(channel<unknown>(value), () => false, { timeout: 5 }))
    expect(error.message).not.toContain(secret)
  })

  test('keeps its message short', async () => {
    const contexts = Array.from({ length: 1_000 }, (_, at) => ({ name: `cluster ${at}` }))
    const error = await failure(until(channel({ contexts }), () => false, { timeout: 5 }))
    expect(error.message.length).toBeLessThan(400)
  })

  test('does not wait for a busy generator', async () => {
    const busy = async function* (): AsyncGenerator<number> {
      yield 1
      await new Promise(() => {})
    }
    expect(await failure(until(busy(), () => false, { timeout: 5 }))).toMatchObject({ code: 'TIMED_OUT' })
  })

  test('reads nothing after its end, though its source cannot be closed', async () => {
    const values = channel<number>()
    const { next } = values[Symbol.asyncIterator]()
    const error = await failure(until({ [Symbol.asyncIterator]: () => ({ next }) }, () => false, { timeout: 5 }))
    expect(error.code).toBe('TIMED_OUT')
    for (const value of [1, 2, 3]) values.push(value)
    await new Promise((resolve) => setImmediate(resolve))
    expect(values.state.asked).toBe(1)
  })

  test.each([
    ['before', 0],
    ['during', 1],
  ])('rejects when the signal aborts %s', async (_, asked) => {
    const stop = new AbortController()
    const values = channel<number>()
    if (asked === 0) stop.abort('enough')
    const error = failure(until(values, () => true, { signal: stop.signal }))
    stop.abort('enough')
    expect(await error).toMatchObject({ code: 'CLOSED', phase: 'stream', cause: 'enough' })
    expect(values.state).toEqual({ returned: 1, asked })
  })

  test('rejects when the subscription ends before', async () => {
    const values = channel(1)
    values.end()
    expect(await failure(until(values, () => false))).toMatchObject({ code: 'CLOSED', phase: 'stream' })
  })

  test('rejects with the error of the subscription', async () => {
    const values = channel(1)
    const reason = new MesheryError('CREDENTIALS_REFUSED', 'No', { phase: 'ack' })
    values.end(reason)
    expect(await failure(until(values, () => false))).toBe(reason)
    expect(values.state.returned).toBe(1)
  })

  test('rejects when the predicate throws, and closes', async () => {
    const values = channel(1)
    const cause = new Error('oh')
    const thrown = until(values, () => {
      throw cause
    })
    expect(await failure(thrown)).toMatchObject({ code: 'CALLBACK_FAILED', phase: 'stream', cause })
    expect(values.state.returned).toBe(1)
  })

  test('accepts only true as true', async () => {
    const error = await failure(Reflect.apply(until, undefined, [channel(1), () => 1, { timeout: 5 }]))
    expect(error.code).toBe('TIMED_OUT')
  })

  test('refuses a predicate that returns a promise, and closes', async () => {
    const values = channel(1)
    const predicate = (): Promise<boolean> => Promise.reject(new Error('late'))
    const error = await failure(Reflect.apply(until, undefined, [values, predicate]))
    expect(error).toMatchObject({ code: 'CALLBACK_FAILED', remedy: expect.stringContaining('synchronous') })
    expect(values.state.returned).toBe(1)
  })

  test('does not call the predicate after its end', async () => {
    const values = channel<number>()
    const stop = new AbortController()
    let calls = 0
    const waiting = failure(until(values, () => ++calls > 5, { signal: stop.signal }))
    stop.abort()
    values.push(1)
    expect((await waiting).code).toBe('CLOSED')
    await new Promise(setImmediate)
    expect(calls).toBe(0)
  })

  test.each([
    ['no predicate', [undefined]],
    ['an invalid time', [() => true, { timeout: -1 }]],
    ['an unknown name', [() => true, { timeOut: 1 }]],
    ['no options', [() => true, 5]],
  ])('refuses %s, and closes the subscription', async (_, args) => {
    const values = channel(1)
    expect(await failure(Reflect.apply(until, undefined, [values, ...args]))).toMatchObject({ code: 'INVALID_OPTION' })
    expect(values.state).toEqual({ returned: 1, asked: 0 })
  })

  test.each([[undefined], [null], ['text'], [[1, 2]]])('refuses %j in place of a subscription', async (given) => {
    expect(await failure(Reflect.apply(until, undefined, [given, () => true]))).toMatchObject({
      code: 'INVALID_OPTION',
    })
  })

  test('leaves no timer and no listener', async () => {
    vi.useFakeTimers()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await until(channel(1), () => true, { timeout: 60_000, signal })
    expect(vi.getTimerCount()).toBe(0)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})

describe('until on a client', () => {
  test('waits for a state, and leaves nothing open', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { connection_id } = fake.contexts.add()
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'DEPLOYED' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeMesheryControllersStatus()
    const up = until(subscription, (list) => list.some(({ status }) => status === 'RUNNING'), { timeout: 8_000 })
    await subscription.ready
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING' })
    expect(await up).toMatchObject([{ controller: 'MESHSYNC', status: 'RUNNING' }])
    expect(subscription.status.state).toBe('closed')
  })

  test('waits for an event', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    const bad = until(subscription, ({ severity }) => severity === 'error', { timeout: 8_000 })
    await subscription.ready
    fake.events.add({ severity: 'success' })
    fake.events.add({ severity: 'error', description: 'It broke' })
    expect(await bad).toMatchObject({ description: 'It broke' })
  })
})
