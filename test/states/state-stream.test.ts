import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Notice } from '../../src/connection/notice.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { StateStream } from '../../src/states/state-stream.ts'
import type { StateSubscriber } from '../../src/states/state-subscriber.ts'
import type { Targets } from '../../src/streams/state-declaration.ts'
import {
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
  turn,
} from './scripted-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  readonly script: Script
  readonly source: StateStream<{ readonly of: string }, Names>
  readonly joined: Joined[]
  /** The operations that run, in the order of their beginnings. */
  readonly running: () => readonly Joined[]
  readonly join: () => Subscriber
}

interface Subscriber {
  readonly feed: StateSubscriber<Names>
  readonly notices: Notice[]
  /** The newest value, if there is one that was not taken yet. */
  take(): Promise<Names | undefined>
}

function start(options: ScriptOptions = {}, prepare: (script: Script) => void = () => {}): Rig {
  const script = scripted(options)
  prepare(script)
  const { context, joined } = scriptedContext()
  const source = new StateStream(script.stream, { of: 'names' }, context)
  const join = (): Subscriber => {
    const notices: Notice[] = []
    const feed = source.join((notice) => notices.push(notice))
    let next: Promise<IteratorResult<Names, undefined>> | undefined
    const take = async (): Promise<Names | undefined> => {
      next ??= feed.queue.next()
      const taken = await Promise.race([next, turn().then(() => undefined)])
      if (taken) next = undefined
      return taken?.value
    }
    return { feed, notices, take }
  }
  source.start()
  return { script, source, joined, join, running: () => joined.filter(({ left }) => !left) }
}

/** A source of several operations, and what it may follow. */
const startWith = (targets: Targets, options: ScriptOptions = {}): Rig =>
  start({ targets: true, live: 0, ...options }, (script) => {
    script.targets = () => targets
  })

const unknownOf = ({ notices }: Subscriber) =>
  notices.flatMap((notice) => (notice.kind === 'unknown' ? [notice.ids] : []))

describe('one operation', () => {
  it('gives every subscription the newest value, to those who come late at once', async () => {
    const { source, join, joined } = start()
    const early = join()
    joined[0]?.member.open()
    if (joined[0]) push(joined[0], ['a'])
    const late = join()
    expect([await early.take(), await late.take()]).toEqual([['a'], ['a']])
    await late.feed.ready.promise
    expect(joined).toHaveLength(1)
    source.close()
  })

  it('gives a slow reader the newest value alone', async () => {
    const { source, join, joined } = start()
    const slow = join()
    joined[0]?.member.open()
    for (let count = 0; count < 1_000; count++) if (joined[0]) push(joined[0], [`${count}`])
    const newest = await slow.take()
    expect(newest).toHaveLength(1_000)
    expect(await slow.take()).toBeUndefined()
    source.close()
  })

  it('gives a slow reader nothing for what was taken back meanwhile', async () => {
    const { source, join, joined } = start()
    const slow = join()
    const [entry] = joined
    if (!entry) throw new Error('nothing was joined')
    const whole = (names: Names): void => {
      entry.member.open()
      push(entry, names)
    }
    whole(['a'])
    expect(await slow.take()).toEqual(['a'])
    const quiet = join()
    expect(await quiet.take()).toEqual(['a'])
    source.leave(slow.feed)
    whole(['b'])
    whole(['a'])
    const late = join()
    expect(await late.take()).toEqual(['a'])
    source.close()
  })

  it('gives nothing for a value that is equal, and the same object to all', async () => {
    const { source, join, joined } = start()
    const one = join()
    joined[0]?.member.open()
    if (joined[0]) push(joined[0], ['a'])
    const [value, other] = [await one.take(), await join().take()]
    expect(other).toBe(value)
    if (joined[0]) for (let time = 0; time < 100; time++) push(joined[0], ['a'])
    expect(await one.take()).toBeUndefined()
    if (joined[0]) push(joined[0], ['b'])
    expect(await one.take()).toEqual(['a', 'b'])
    source.close()
  })

  it('is at its end for all when it fails, and for those alone who leave when they leave', async () => {
    const { source, join, joined } = start()
    const [one, other, gone] = [join(), join(), join()]
    expect(source.leave(gone.feed)).toBe(true)
    gone.feed.close()
    for (const transport of ['websocket', 'polling'] as const)
      joined.find((entry) => entry.transport === transport)?.member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    for (const { feed, notices } of [one, other]) {
      await expect(feed.ended.promise).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      await expect(feed.ready.promise).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      await expect(feed.queue.next()).rejects.toMatchObject({ code: 'NO_TRANSPORT' })
      expect(statesOf(notices).at(-1)).toBe('failed')
    }
    await gone.feed.ended.promise
    expect(statesOf(gone.notices)).not.toContain('failed')
    expect(source.isOver).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves nothing behind when it is closed', async () => {
    const { source, running } = start()
    source.close()
    expect(running()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(source.isOver).toBe(true)
  })
})

describe('several operations', () => {
  it('are told as one, once each of them has told something, in the order of the ids', async () => {
    const { source, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await turn()
    const [first, second] = running()
    if (!first || !second) throw new Error('two were expected')
    for (const { member } of [first, second]) member.open()
    push(second, ['of the second'])
    expect(await one.take()).toBeUndefined()
    push(first, ['of the first'])
    expect(await one.take()).toEqual(['of the first', 'of the second'])
    source.close()
  })

  it('come and go with what there is, each followed for itself', async () => {
    const { script, source, join, running } = startWith({ ids: [['2']], unknown: [] })
    const one = join()
    await turn()
    const [two] = running()
    if (!two) throw new Error('one was expected')
    two.member.open()
    push(two, ['two'])
    expect(await one.take()).toEqual(['two'])
    script.targets = () => ({ ids: [['1'], ['2']], unknown: [] })
    await turn(60_000)
    const fresh = running().find((entry) => entry !== two)
    if (!fresh) throw new Error('a second one was expected')
    expect(two.left).toBe(false)
    fresh.member.open()
    push(fresh, ['one'])
    // In the order of the ids, as if it had been so from the beginning.
    expect(await one.take()).toEqual(['one', 'two'])
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await turn(60_000)
    expect(await one.take()).toEqual(['one'])
    expect([two.left, fresh.left]).toEqual([true, false])
    source.close()
  })

  it('are none where there is nothing to follow: an empty value, and it is looked for again', async () => {
    const { script, source, join, running } = startWith({ ids: [], unknown: [] })
    const one = join()
    await turn()
    expect(await one.take()).toEqual([])
    expect(statesOf(one.notices)).toEqual(['connecting', 'polling'])
    // Nothing carries it, whichever transports are allowed.
    expect(one.notices.at(-1)).toMatchObject({ state: 'polling', transport: null })
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await turn(10_000)
    expect(running()).toHaveLength(1)
    source.close()
  })

  it('are looked for on and on, whatever answers, once they were found out, be there none', async () => {
    const { script, source, join, running } = startWith({ ids: [], unknown: [] })
    const one = join()
    await turn()
    script.targets = () => Promise.reject(errorOf('GATEWAY_LOGIN', false))
    await turn(20_000)
    expect(statesOf(one.notices).at(-1)).toBe('waiting')
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await turn(10_000)
    expect(running()).toHaveLength(1)
    source.close()
  })

  it('are as live as the one that is worst off', async () => {
    const { source, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await turn()
    const [first, second] = running()
    const reason = errorOf('CONNECTION_LOST')
    const states = (): string[] => statesOf(one.notices)
    for (const entry of [first, second]) entry?.member.state({ ...idle, kind: 'connecting', attempt: 1 })
    first?.member.open()
    expect(states().at(-1)).toBe('connecting')
    second?.member.open()
    expect(states().at(-1)).toBe('live')
    second?.member.state({ ...idle, kind: 'waiting', attempt: 1, error: reason })
    expect(states().at(-1)).toBe('waiting')
    first?.member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    expect(states().at(-1)).toBe('waiting')
    second?.member.open()
    expect(states().at(-1)).not.toBe('waiting')
    source.close()
  })

  it('are live again when the one that was worst off has gone', async () => {
    const { script, source, join, running } = startWith({ ids: [['1'], ['2']], unknown: [] })
    const one = join()
    await turn()
    const [first, second] = running()
    first?.member.open()
    second?.member.state({ ...idle, kind: 'waiting', attempt: 1, error: errorOf('CONNECTION_LOST') })
    expect(statesOf(one.notices).at(-1)).toBe('waiting')
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await turn(60_000)
    expect(statesOf(one.notices).at(-1)).toBe('live')
    source.close()
  })

  it('are looked for again once after a reconnection, however many there are', async () => {
    const { script, source, join, running } = startWith({ ids: [['1'], ['2'], ['3']], unknown: [] })
    join()
    await turn()
    for (const entry of running()) {
      entry.member.open()
      push(entry, ['a'])
    }
    await turn(1_000)
    expect(script.looks).toBe(1)
    for (const { member } of running()) member.state({ ...idle, kind: 'waiting', error: errorOf('CONNECTION_LOST') })
    for (const { member } of running()) member.open()
    await turn(1_000)
    expect(script.looks).toBe(2)
    source.close()
  })

  it('go on while what there is cannot be found out', async () => {
    const { script, source, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await turn()
    const [first] = running()
    first?.member.open()
    if (first) push(first, ['a'])
    script.targets = () => Promise.reject(errorOf('NOT_MESHERY', false))
    await turn(600_000)
    expect(script.looks).toBeGreaterThan(2)
    expect([running().length, source.isOver]).toEqual([1, false])
    expect(statesOf(one.notices).at(-1)).toBe('live')
    source.close()
  })
})

describe('finding out what to follow', () => {
  it('is tried again while it fails, and the status tells why', async () => {
    const { script, source, join, running } = start({ targets: true }, (made) => {
      made.targets = () => Promise.reject(errorOf('SERVER_ERROR'))
    })
    const one = join()
    await turn(10_000)
    expect(script.looks).toBeGreaterThan(2)
    expect(one.notices.at(-1)).toMatchObject({ state: 'waiting', transport: null, reason: { code: 'SERVER_ERROR' } })
    script.targets = () => ({ ids: [['1']], unknown: [] })
    await turn(10_000)
    expect(running()).toHaveLength(1)
    source.close()
  })

  it('that is refused is not tried again with the same credentials (law 9)', async () => {
    const { script, source, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await turn()
    const [first] = running()
    first?.member.open()
    if (first) push(first, ['a'])
    script.targets = () => Promise.reject(errorOf('CREDENTIALS_REFUSED', false))
    await turn(600_000)
    expect([script.looks, running().length]).toEqual([2, 1])
    // A connection that opens says that they are good.
    first?.member.open()
    await turn(1_000)
    expect([script.looks, statesOf(one.notices).includes('failed')]).toEqual([3, false])
    source.close()
  })

  it('ends it when there is no hope at the very first time', async () => {
    const { source, join } = start({ targets: true }, (made) => {
      made.targets = () => Promise.reject(errorOf('NOT_MESHERY', false))
    })
    const one = join()
    await turn()
    await expect(one.feed.ended.promise).rejects.toMatchObject({ code: 'NOT_MESHERY' })
    expect(source.isOver).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that ends after the close begins nothing', async () => {
    const found = later<Targets>()
    const { source, join, joined } = start({ targets: true }, (made) => {
      made.targets = () => found.promise
    })
    join()
    await turn()
    source.close()
    found.resolve({ ids: [['1']], unknown: [] })
    await turn(120_000)
    expect(joined).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells ids that nobody knows once, again when they are others, and to those who come late', async () => {
    const { script, source, join } = startWith({ ids: [['1', 'x']], unknown: ['x'] })
    const early = join()
    await turn()
    expect(unknownOf(early)).toEqual([['x']])
    await turn(180_000)
    // Every ten seconds as long as one is not known, else once a minute.
    expect(script.looks).toBe(19)
    expect(unknownOf(early)).toEqual([['x']])
    expect(unknownOf(join())).toEqual([['x']])
    script.targets = () => ({ ids: [['1', 'x']], unknown: ['x', 'y'] })
    await turn(60_000)
    expect(unknownOf(early)).toEqual([['x'], ['x', 'y']])
    script.targets = () => ({ ids: [['1', 'x']], unknown: [] })
    await turn(60_000)
    expect(unknownOf(early)).toHaveLength(2)
    expect(unknownOf(join())).toEqual([])
    const { looks } = script
    await turn(180_000)
    expect(script.looks).toBe(looks + 3)
    source.close()
  })

  it('has the value of before stand until what is followed in its place has told', async () => {
    const { script, source, join, running } = startWith({ ids: [['1']], unknown: [] })
    const one = join()
    await turn()
    const [first] = running()
    first?.member.open()
    if (first) push(first, ['a'])
    expect(await one.take()).toEqual(['a'])
    script.targets = () => ({ ids: [['1', '2']], unknown: [] })
    await turn(60_000)
    expect(first?.left).toBe(true)
    expect(await join().take()).toEqual(['a'])
    const [second] = running()
    second?.member.open()
    if (second) push(second, ['a', 'b'])
    expect(await one.take()).toEqual(['a', 'b'])
    source.close()
  })
})
