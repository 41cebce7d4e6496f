import { EMPTY, from, lastValueFrom, type Observable, take, toArray } from 'rxjs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type ChangeOf, changes, createMeshery, type K8sContextsPage, type MesheryEvent } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { descriptions, hasty, unhandled, until } from './watching.ts'

describe.concurrent('`from` of RxJS', () => {
  it('infers the type of the items', () => {
    const meshery = createMeshery({ url: 'http://localhost:1' })
    const events = meshery.subscribeEvents()
    const contexts = changes(meshery.subscribeK8sContext())
    expectTypeOf(from(events)).toEqualTypeOf<Observable<MesheryEvent>>()
    expectTypeOf(from(contexts)).toEqualTypeOf<Observable<ChangeOf<K8sContextsPage>>>()
    return meshery.close()
  })

  it('gives every value, and completes when the subscription is closed', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    const values: MesheryEvent[] = []
    const completed = new Promise<void>((complete, error) => {
      from(subscription).subscribe({ next: (event) => values.push(event), complete, error })
    })
    const stored = [fake.events.add(), fake.events.add(), fake.events.add()]
    await until(() => expect(descriptions(values)).toEqual(descriptions(stored)))
    await subscription.close()
    await completed
  })

  it('closes an idle subscription at once by `unsubscribe`, and its operation on the server', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    await until(() => expect(fake.stats.operations).toBe(1))
    const received: unknown[] = []
    const rx = from(subscription).subscribe({
      complete: () => received.push('complete'),
      error: (e) => received.push(e),
    })
    rx.unsubscribe()
    expect(subscription.status.state).toBe('closed')
    await subscription.closed
    await until(() => expect([fake.stats.openSockets, fake.stats.operations]).toEqual([0, 0]))
    expect(received).toEqual([])
  })

  it('closes the subscription under `changes` at once by `unsubscribe`', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    fake.contexts.add({ name: 'kind' })
    const subscription = meshery.subscribeK8sContext({ all: true })
    const names: unknown[] = []
    const rx = from(changes(subscription)).subscribe(({ value }) => names.push(value?.name))
    await until(() => expect(names).toEqual(['kind']))
    rx.unsubscribe()
    expect(subscription.status.state).toBe('closed')
    await until(() => expect(fake.stats.operations).toBe(0))
  })

  it('closes by an operator that completes early', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    const taken = lastValueFrom(from(subscription).pipe(take(2), toArray()))
    await subscription.ready
    const stored = [fake.events.add(), fake.events.add(), fake.events.add()]
    expect(descriptions(await taken)).toEqual(descriptions(stored.slice(0, 2)))
    await subscription.closed
    expect(subscription.status.state).toBe('closed')
  })

  it('passes the error that ends it to `error`, and leaves no rejection unhandled', async () => {
    const rejections = unhandled()
    await using fake = await startFakeMeshery({ release: 'current', auth: { provider: 'Meshery', token: 'good' } })
    await using meshery = createMeshery({ ...hasty, url: fake.url, provider: 'Meshery', token: 'bad' })
    const failed = new Promise<unknown>((error) => from(meshery.subscribeEvents()).subscribe({ error }))
    expect(await failed).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    const twice = meshery.subscribeEvents()
    from(twice).subscribe({ error: () => {} })
    const refused = new Promise<unknown>((error) => from(twice).subscribe({ error }))
    expect(await refused).toMatchObject({ code: 'SUBSCRIPTION_IN_USE' })
    rejections.stop()
    expect(rejections.reasons).toEqual([])
  })

  it('drops what came before `unsubscribe` and was not taken yet', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    const values: MesheryEvent[] = []
    const rx = from(subscription).subscribe((event) => {
      values.push(event)
      rx.unsubscribe()
    })
    await subscription.ready
    for (let count = 0; count < 5; count++) fake.events.add()
    await subscription.closed
    expect(values).toHaveLength(1)
  })
})

describe('a library with a `Symbol.observable` of its own', () => {
  it('finds the subscription by that symbol', async () => {
    const symbol = Symbol('observable')
    Object.defineProperty(Symbol, 'observable', { value: symbol, configurable: true })
    try {
      const meshery = createMeshery({ url: 'http://localhost:1' })
      const subscription = meshery.subscribeEvents()
      const { subscribe } = Reflect.get(subscription, symbol).call(subscription)
      subscribe({}).unsubscribe()
      expect(subscription.status.state).toBe('closed')
      await meshery.close()
    } finally {
      Reflect.deleteProperty(Symbol, 'observable')
    }
    expect(from(EMPTY)).toBe(EMPTY)
  })
})
