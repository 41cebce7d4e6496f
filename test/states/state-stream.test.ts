import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Notice } from '../../src/connection/notice.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { StateStream } from '../../src/states/state-stream.ts'
import type { StateSubscriber } from '../../src/states/state-subscriber.ts'
import type { Targets } from '../../src/streams/state-declaration.ts'
import {
  advance,
  errorOf,
  type Joined,
  later,
  type Names,
  push,
  type Script,
  type ScriptOptions,
  scripted,
  scriptedContext,
  statesOf,
} from './scripted-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  readonly script: Script
  readonly stream: StateStream<{ readonly of: string }, Names>
  readonly joined: Joined[]
  /** The operations that run, in the order of their start. */
  readonly running: () => readonly Joined[]
  readonly join: () => Subscriber
}

interface Subscriber {
  readonly subscriber: StateSubscriber<Names>
  readonly notices: Notice[]
  /** The newest value, if there is one that was not taken yet. */
  take(): Promise<Names | undefined>
}

function start(options: ScriptOptions = {}, prepare: (script: Script) => void = () => {}): Rig {
  const script = scripted(options)
  prepare(script)
  const { context, joined } = scriptedContext()
  const stream = new StateStream(script.stream, { of: 'names' }, context)
  const join = (): Subscriber => {
    const notices: Notice[] = []
    const subscriber = stream.join((notice) => notices.push(notice))
    let next: Promise<IteratorResult<Names, undefined>> | undefined
    const take = async (): Promise<Names | undefined> => {
      next ??= subscriber.queue.next()
      const taken = await Promise.race([next, advance().then(() => undefined)])
      if (taken) next = undefined
      return taken?.value
    }
    return { subscriber, notices, take }
  }
  stream.start()
  return { script, stream, joined, join, running: () => joined.filter(({ left }) => !left) }
}

/** A stream of several operations, and the ids that it may follow. */
const startWith = (targets: Targets, options: ScriptOptions = {}): Rig =>
  start({ targets: true, live: 0, ...options }, (script) => {
    script.targets = () => targets
  })

const unknownOf = ({ notices }: Subscriber) =>
  notices.flatMap((notice) => (notice.kind === 'unknown' ? [notice.ids] : []))

describe('one operation', () => {
  it('gives every subscription the newest value, a late one at once', async () => {
    const { stream, join, joined } = start()
    const early = join()
    joined[0]?.listener.open()
    if (joined[0]) push(joined[0], ['a'])
    const late = join()
    expect([await early.take(), await late.take()]).toEqual([['a'], ['a']])
    await late.subscriber.ready.promise
    expect(joined).toHaveLength(1)
    stream.close()
  })

  it('gives a slow reader only the newest value', async () => {
    const { stream, join, joined } = start()
    const slow = join()
    joined[0]?.listener.open()
    for (let count = 0; count < 200; count++) if (joined[0]) push(joined[0], [`${count}`])
    const newest = await slow.take()
    expect(newest).toHaveLength(200)
    expect(await slow.take()).toBeUndefined()
    stream.close()
  })

  it('gives a slow reader nothing for a value that was taken back meanwhile', async () => {
    const { stream, join, joined } = start()
    const slow = join()
    const [entry] = joined
    if (!entry) throw new Error('no listener joined')
    const whole = (names: Names): void => {
      entry.listener.open()
      push(entry, names)
    }
    whole(['a'])
    expect(await slow.take()).toEqual(['a'])
    const quiet = join()
    expect(await quiet.take()).toEqual(['a'])
    stream.leave(slow.subscriber)
    whole(['b'])
    whole(['a'])
    const late = join()
    expect(await late.take()).toEqual(['a'])
    stream.close()
  })

  it('gives nothing for an equal value, and the same object to all', async () => {
    const { stream, join, joined } = start()
    const one = join()
    joined[0]?.listener.open()
    if (joined[0]) push(joined[0], ['a'])
    const [value, other] = [await one.take(), await join().take()]
    expect(other).toBe(value)
    if (joined[0]) for (let time = 0; time < 100; time++) push(joined[0], ['a'])
    expect(await one.take()).toBeUndefined()
    if (joined[0]) push(joined[0], ['b'])
    expect(await one.take()).toEqual(['a', 'b'])
    stream.close()
  })

  it('fails for all subscriptions, and ends for a single one that leaves', async () => {
    const { stream, join, joined } = start()
    const [one, other, gone] = [join(), join(), join()]
    expect(stream.leave(gone.subscriber)).toBe(true)
    gone.subscriber.close()
    for (const transport of ['websocket', 'polling'] as const)
      joined.find((entry) => entry.transport === transport)?.listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    for (const { subscriber, notices } of [one, other]) {
      await expect(subscriber.ended.promise).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      await expect(subscriber.ready.promise).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      await expect(subscriber.queue.next()).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      expect(statesOf(notices).at(-1)).toBe('failed')
    }
    await gone.subscriber.ended.promise
    expect(statesOf(gone.notices)).not.toContain('failed')
    expect(stream.isOver).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves nothing behind after its close', async () => {
    const { stream, running } = start()
    stream.close()
    expect(running()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(stream.isOver).toBe(true)
  })
})

describe('several operations', () => {
  it('give one joined value, once each of them has a value, in the order of the ids', async () => {
    const { stream, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await advance()
    const [first, second] = running()
    if (!first || !second) throw new Error('two were expected')
    for (const { listener } of [first, second]) listener.open()
    push(second, ['of the second'])
    expect(await one.take()).toBeUndefined()
    push(first, ['of the first'])
    expect(await one.take()).toEqual(['of the first', 'of the second'])
    stream.close()
  })

  it('start and end with the ids to follow, each on its own', async () => {
    const { script, stream, join, running } = startWith({ ids: [['2']], unknown: [] })
    const one = join()
    await advance()
    const [two] = running()
    if (!two) throw new Error('one was expected')
    two.listener.open()
    push(two, ['two'])
    expect(await one.take()).toEqual(['two'])
    script.targets = () => ({ ids: [['1'], ['2']], unknown: [] })
    await advance(60_000)
    const fresh = running().find((entry) => entry !== two)
    if (!fresh) throw new Error('a second one was expected')
    expect(two.left).toBe(false)
    fresh.listener.open()
    push(fresh, ['one'])
    // In the order of the ids, as if it had been there from the beginning.
    expect(await one.take()).toEqual(['one', 'two'])
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await advance(60_000)
    expect(await one.take()).toEqual(['one'])
    expect([two.left, fresh.left]).toEqual([true, false])
    stream.close()
  })

  it('give an empty value where there is nothing to follow, and the ids are looked up again', async () => {
    const { script, stream, join, running } = startWith({ ids: [], unknown: [] })
    const one = join()
    await advance()
    expect(await one.take()).toEqual([])
    expect(statesOf(one.notices)).toEqual(['connecting', 'polling'])
    // No transport is in use, whichever are allowed.
    expect(one.notices.at(-1)).toMatchObject({ state: 'polling', transport: null })
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await advance(10_000)
    expect(running()).toHaveLength(1)
    stream.close()
  })

  it('have their ids looked up again after every response, an empty one too', async () => {
    const { script, stream, join, running } = startWith({ ids: [], unknown: [] })
    const one = join()
    await advance()
    script.targets = () => Promise.reject(errorOf('GATEWAY_LOGIN', false))
    await advance(20_000)
    expect(statesOf(one.notices).at(-1)).toBe('waiting')
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await advance(10_000)
    expect(running()).toHaveLength(1)
    stream.close()
  })

  it('are only as live as the worst of them', async () => {
    const { stream, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await advance()
    const [first, second] = running()
    const reason = errorOf('CONNECTION_LOST')
    const states = (): string[] => statesOf(one.notices)
    for (const entry of [first, second]) entry?.listener.state({ ...idle, kind: 'connecting', attempt: 1 })
    first?.listener.open()
    expect(states().at(-1)).toBe('connecting')
    second?.listener.open()
    expect(states().at(-1)).toBe('live')
    second?.listener.state({ ...idle, kind: 'waiting', attempt: 1, error: reason })
    expect(states().at(-1)).toBe('waiting')
    first?.listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    expect(states().at(-1)).toBe('waiting')
    second?.listener.open()
    expect(states().at(-1)).not.toBe('waiting')
    stream.close()
  })

  it('are live again when the worst of them has ended', async () => {
    const { script, stream, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await advance()
    const [first, second] = running()
    first?.listener.open()
    second?.listener.state({ ...idle, kind: 'waiting', attempt: 1, error: errorOf('CONNECTION_LOST') })
    expect(statesOf(one.notices).at(-1)).toBe('waiting')
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await advance(60_000)
    expect(statesOf(one.notices).at(-1)).toBe('live')
    stream.close()
  })

  it('look their ids up once after a reconnection, however many they are', async () => {
    const { script, stream, join, running } = startWith({ ids: [['1'], ['2'], ['3']], unknown: [] })
    join()
    await advance()
    for (const entry of running()) {
      entry.listener.open()
      push(entry, ['a'])
    }
    await advance(1_000)
    expect(script.looks).toBe(1)
    for (const { listener } of running())
      listener.state({ ...idle, kind: 'waiting', error: errorOf('CONNECTION_LOST') })
    for (const { listener } of running()) listener.open()
    await advance(1_000)
    expect(script.looks).toBe(2)
    stream.close()
  })

  it('continue while the lookup of the ids fails', async () => {
    const { script, stream, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await advance()
    const [first] = running()
    first?.listener.open()
    if (first) push(first, ['a'])
    script.targets = () => Promise.reject(errorOf('NOT_MESHERY', false))
    await advance(600_000)
    expect(script.looks).toBeGreaterThan(2)
    expect([running().length, stream.isOver]).toEqual([1, false])
    expect(statesOf(one.notices).at(-1)).toBe('live')
    stream.close()
  })
})

describe('the lookup of ids', () => {
  it('is retried while it fails, and the status contains the reason', async () => {
    const { script, stream, join, running } = start({ targets: true }, (made) => {
      made.targets = () => Promise.reject(errorOf('SERVER_ERROR'))
    })
    const one = join()
    await advance(10_000)
    expect(script.looks).toBeGreaterThan(2)
    expect(one.notices.at(-1)).toMatchObject({ state: 'waiting', transport: null, reason: { code: 'SERVER_ERROR' } })
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await advance(10_000)
    expect(running()).toHaveLength(1)
    stream.close()
  })

  it('is tried again each minute with refused credentials as long as a connection is open with them (law 9)', async () => {
    const { script, stream, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await advance()
    const [first] = running()
    first?.listener.open()
    if (first) push(first, ['a'])
    script.targets = () => Promise.reject(errorOf('CREDENTIALS_REFUSED', false))
    await advance(600_000)
    // Each time once more after 2 s.
    expect(script.looks).toBeGreaterThan(10)
    expect(script.looks).toBeLessThanOrEqual(21)
    const refused = errorOf('CREDENTIALS_REFUSED', false)
    first?.listener.state({ ...idle, kind: 'refused', attempt: 1, error: refused })
    await advance(60_000)
    const { looks } = script
    await advance(600_000)
    expect([script.looks, running().length]).toEqual([looks, 1])
    // A connection that opens proves that they are good.
    first?.listener.open()
    await advance(1_000)
    expect([script.looks, statesOf(one.notices).includes('failed')]).toEqual([looks + 1, false])
    stream.close()
  })

  it('ends the stream by a permanent error on the first try', async () => {
    const { stream, join } = start({ targets: true }, (made) => {
      made.targets = () => Promise.reject(errorOf('NOT_MESHERY', false))
    })
    const one = join()
    await advance()
    await expect(one.subscriber.ended.promise).rejects.toMatchObject({ code: 'NOT_MESHERY' })
    expect(stream.isOver).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('starts nothing when it ends after the close', async () => {
    const found = later<Targets>()
    const { stream, join, joined } = start({ targets: true }, (made) => {
      made.targets = () => found.promise
    })
    join()
    await advance()
    stream.close()
    found.resolve({ ids: [['1']], unknown: [] })
    await advance(120_000)
    expect(joined).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('reports unknown ids once, again when they change, and to late subscriptions', async () => {
    const { script, stream, join } = startWith({ ids: [['1', 'x']], unknown: ['x'] })
    const early = join()
    await advance()
    expect(unknownOf(early)).toEqual([['x']])
    await advance(180_000)
    // Every ten seconds as long as an id is unknown, else once a minute.
    expect(script.looks).toBe(19)
    expect(unknownOf(early)).toEqual([['x']])
    expect(unknownOf(join())).toEqual([['x']])
    script.targets = () => ({ ids: [['1', 'x']], unknown: ['x', 'y'] })
    await advance(60_000)
    expect(unknownOf(early)).toEqual([['x'], ['x', 'y']])
    script.targets = () => ({ ids: [['1', 'x']], unknown: [] })
    await advance(60_000)
    expect(unknownOf(early)).toHaveLength(2)
    expect(unknownOf(join())).toEqual([])
    const { looks } = script
    await advance(180_000)
    expect(script.looks).toBe(looks + 3)
    stream.close()
  })

  it('keeps the earlier value until the operations that replace it have one', async () => {
    const { script, stream, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await advance()
    const [first] = running()
    first?.listener.open()
    if (first) push(first, ['a'])
    expect(await one.take()).toEqual(['a'])
    script.targets = () => ({ ids: [['1', '2']], unknown: [] })
    await advance(60_000)
    expect(first?.left).toBe(true)
    expect(await join().take()).toEqual(['a'])
    const [second] = running()
    second?.listener.open()
    if (second) push(second, ['a', 'b'])
    expect(await one.take()).toEqual(['a', 'b'])
    stream.close()
  })
})
