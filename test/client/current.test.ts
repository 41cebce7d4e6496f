import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, until } from './watching.ts'

describe('`current` of a subscription', () => {
  it('is the newest value of a state, without iteration and after the end', async () => {
    await using fake = await startFakeMeshery()
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const names = (): (string | null)[] | undefined => contexts.current?.contexts.map(({ name }) => name).toSorted()
    fake.contexts.add({ name: 'one' })
    const contexts = meshery.subscribeK8sContext({ all: true })
    expect(contexts.current).toBe(undefined)
    await contexts.ready
    expect(names()).toEqual(['one'])
    fake.contexts.add({ name: 'two' })
    await until(() => expect(names()).toEqual(['one', 'two']))
    await contexts.close()
    expect(names()).toEqual(['one', 'two'])
  })

  it('is undefined for events', async () => {
    await using fake = await startFakeMeshery()
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    fake.events.add()
    const events = meshery.subscribeEvents({ since: '1h' })
    for await (const _ of events) break
    expect(events.current).toBe(undefined)
  })
})
