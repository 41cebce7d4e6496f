import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Queue } from '../../src/base/queue.ts'
import { runsOf } from '../sample.ts'

const done = { done: true, value: undefined }
const item = (value: number) => ({ done: false, value })

/** Whether the promise is settled once every pending microtask has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false
  const note = (): void => {
    is = true
  }
  promise.then(note, note)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  return is
}

describe('Queue', () => {
  it('gives items in their order, to waiting readers and to later ones', async () => {
    const queue = new Queue<number>(10)
    const [first, second] = [queue.next(), queue.next()]
    for (const value of [1, 2, 3, 4]) expect(queue.push(value)).toBe(true)
    expect(await Promise.all([first, second, queue.next(), queue.next()])).toEqual([1, 2, 3, 4].map(item))
    expect(queue.size).toBe(0)
  })

  it('refuses items beyond its limit and loses no accepted item', async () => {
    const queue = new Queue<number>(3)
    expect([1, 2, 3, 4, 5].map((value) => queue.push(value))).toEqual([true, true, true, false, false])
    expect(queue.full).toBe(true)
    expect(await queue.next()).toEqual(item(1))
    expect(queue.full).toBe(false)
    expect(queue.push(6)).toBe(true)
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([2, 3, 6].map(item))
  })

  it('refuses items beyond its byte limit, and accepts one item of any size', async () => {
    const queue = new Queue<string>(10, 100, (text) => text.length)
    expect(['x'.repeat(60), 'y'.repeat(1_000), 'z'].map((text) => queue.push(text))).toEqual([true, true, false])
    expect(queue.bytes).toBe(1_060)
    const room = queue.room()
    expect(queue.shift()).toBe('x'.repeat(60))
    expect(await settled(room)).toBe(false)
    expect(queue.full).toBe(true)
    expect((await queue.next()).value).toBe('y'.repeat(1_000))
    await room
    expect([queue.bytes, queue.push('z'), queue.shift()]).toEqual([0, true, 'z'])
  })

  it('gives its items before it reports its end', async () => {
    const queue = new Queue<number>(3)
    queue.push(1)
    queue.end()
    expect(queue.push(2)).toBe(false)
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([item(1), done, done])
  })

  it('reports its error once, after its items, and then the end', async () => {
    const queue = new Queue<number>(3)
    const error = new Error('as scripted')
    queue.push(1)
    queue.end(error)
    expect(await queue.next()).toEqual(item(1))
    await expect(queue.next()).rejects.toBe(error)
    expect(await queue.next()).toEqual(done)
  })

  it('reports the error to the first of several waiting readers, the end to the others', async () => {
    const queue = new Queue<number>(3)
    const error = new Error('as scripted')
    const waiting = [queue.next(), queue.next()]
    queue.end(error)
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: done },
    ])
  })

  it('keeps its first end', async () => {
    const queue = new Queue<number>(3)
    queue.end()
    queue.end(new Error('too late'))
    expect(await queue.next()).toEqual(done)
  })

  it('drops everything when it is cut, the error included', async () => {
    const full = new Queue<number>(3)
    full.push(1)
    full.cut()
    expect(full.size).toBe(0)
    expect(full.push(2)).toBe(false)
    expect(await full.next()).toEqual(done)
    const failed = new Queue<number>(3)
    failed.push(1)
    failed.end(new Error('as scripted'))
    failed.cut()
    expect(await failed.next()).toEqual(done)
  })

  it('ends the wait of a reader when it is cut', async () => {
    const queue = new Queue<number>(3)
    const waiting = queue.next()
    queue.cut()
    expect(await waiting).toEqual(done)
  })

  it('has room once half of it is free, and wakes every waiting writer', async () => {
    const queue = new Queue<number>(4)
    expect(await settled(queue.room())).toBe(true)
    for (const value of [1, 2, 3, 4]) queue.push(value)
    const rooms = [queue.room(), queue.room()]
    await queue.next()
    expect(await settled(Promise.race(rooms))).toBe(false)
    await queue.next()
    await Promise.all(rooms)
  })

  it('has room at its end, so that each waiting writer continues', async () => {
    for (const end of [(queue: Queue<number>) => queue.end(), (queue: Queue<number>) => queue.cut()]) {
      const queue = new Queue<number>(1)
      queue.push(1)
      const room = queue.room()
      end(queue)
      await room
      await queue.room()
    }
  })

  it('behaves like a list with a limit under any sequence of calls', () => {
    const actions = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('next' as const)), { maxLength: 200 })
    return fc.assert(
      fc.asyncProperty(actions, fc.integer({ min: 1, max: 40 }), async (script, limit) => {
        const queue = new Queue<number>(limit)
        const model: number[] = []
        let count = 0
        const push = (): void => {
          const taken = queue.push(++count)
          expect(taken).toBe(model.length < limit)
          if (taken) model.push(count)
        }
        const take = async (): Promise<void> => {
          if (model.length > 0) expect(await queue.next()).toEqual(item(model.shift() ?? NaN))
        }
        for (const action of script) {
          if (action === 'next') await take()
          else for (let time = 0; time <= action; time++) push()
          expect(queue.size).toBe(model.length)
        }
        queue.end()
        for (const value of model) expect(await queue.next()).toEqual(item(value))
        expect(await queue.next()).toEqual(done)
      }),
      { numRuns: runsOf(100) },
    )
  })
})
