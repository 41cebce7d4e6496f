import { describe, expect, test } from 'vitest'
import { changes, createMeshery, type K8sContext } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty } from './watching.ts'

type Value = { readonly contexts: readonly { readonly id: string; readonly name: string }[] }

const a = { id: 'a', name: 'one' }
const b = { id: 'b', name: 'two' }

/** The values of a state, and whether it was closed. */
const states = (...values: Value[]) => {
  const seen = { taken: 0, closed: false }
  const iterate = async function* (): AsyncGenerator<Value, undefined> {
    try {
      for (const value of values) {
        seen.taken++
        yield value
      }
      return undefined
    } finally {
      seen.closed = true
    }
  }
  return { seen, [Symbol.asyncIterator]: iterate }
}

const changesOf = async (subscription: AsyncIterable<Value>): Promise<string[]> => {
  const found: string[] = []
  for await (const { kind, key, value, before } of changes(subscription))
    found.push(`${kind} ${key}: ${before?.name ?? '-'} > ${value?.name ?? '-'}`)
  return found
}

describe('changes', () => {
  test('gives the first value as added, then the differences', async () => {
    const after = { contexts: [{ ...b, name: 'new' }, a] }
    expect(await changesOf(states({ contexts: [a, b] }, after, { contexts: [a] }))).toEqual([
      'added a: - > one',
      'added b: - > two',
      'updated b: two > new',
      'removed b: new > -',
    ])
  })

  test('gives nothing for an equal value', async () => {
    expect(await changesOf(states({ contexts: [] }, { contexts: [a] }, { contexts: [a] }))).toEqual([
      'added a: - > one',
    ])
  })

  test('takes the next value only after every earlier change is taken', async () => {
    const subscription = states({ contexts: [a, b] }, { contexts: [] })
    const iterator = changes(subscription)
    expect(subscription.seen.taken).toBe(0)
    await iterator.next()
    await iterator.next()
    expect(subscription.seen.taken).toBe(1)
    expect((await iterator.next()).value).toMatchObject({ kind: 'removed' })
    expect(subscription.seen.taken).toBe(2)
  })

  test('answers calls made at once in their order', async () => {
    const iterator = changes(states({ contexts: [a] }, { contexts: [a, b] }, { contexts: [b] }))
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
    expect(results.map(({ value }) => value && `${value.kind} ${value.key}`)).toEqual([
      'added a',
      'added b',
      'removed a',
      undefined,
    ])
  })

  test('closes the subscription by `break`, and gives nothing more', async () => {
    const subscription = states({ contexts: [a, b] })
    const iterator = changes(subscription)
    for await (const _ of iterator) break
    expect(subscription.seen.closed).toBe(true)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  test('fails with the error of the subscription', async () => {
    const error = new Error('gone')
    const failing = async function* (): AsyncGenerator<Value> {
      yield { contexts: [a] }
      throw error
    }
    const iterator = changes(failing())
    expect(await iterator.next()).toMatchObject({ value: { kind: 'added' } })
    await expect(iterator.next()).rejects.toBe(error)
    expect(await iterator.next()).toMatchObject({ done: true })
  })

  test('refuses anything but a subscription', () => {
    expect(() => Reflect.apply(changes, undefined, [[1]])).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('changes on a client', () => {
  test('gives what is added, changed and removed', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { id } = fake.contexts.add({ name: 'one' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const iterator = changes(meshery.subscribeK8sContext({ order: 'created_at asc' }))
    const next = async (): Promise<{ kind: string; value: K8sContext | null }> => {
      const { value } = await iterator.next()
      if (!value) throw new Error('It ended')
      return value
    }
    expect(await next()).toMatchObject({ kind: 'added', list: 'contexts', key: id, value: { name: 'one' } })
    fake.contexts.update(id, { version: 'v1.99.0' })
    expect(await next()).toMatchObject({ kind: 'updated', value: { version: 'v1.99.0' } })
    fake.contexts.remove(id)
    expect(await next()).toMatchObject({ kind: 'removed', key: id, value: null, before: { name: 'one' } })
  })

  test('closes the subscription by `return`, also while it waits', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeK8sContext()
    const iterator = changes(subscription)
    await subscription.ready
    const waiting = iterator.next()
    await iterator.return?.()
    expect(await waiting).toMatchObject({ done: true })
    expect(subscription.status.state).toBe('closed')
  })
})
