import { describe, expect, it } from 'vitest'
import { LatestValue } from '../../src/base/latest-value.ts'

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

describe('LatestValue', () => {
  it('holds only the newest value', async () => {
    const box = new LatestValue<number>()
    for (const value of [1, 2, 3]) box.put(value)
    expect(await box.next()).toEqual(item(3))
    const next = box.next()
    box.put(4)
    expect(await next).toEqual(item(4))
  })

  it('knows the newest value, taken or not, and when a change was taken back', async () => {
    const box = new LatestValue<number>()
    expect(box.current).toBe(undefined)
    box.put(1)
    expect(box.current).toBe(1)
    await box.next()
    expect(box.current).toBe(1)
    box.put(2)
    expect(box.current).toBe(2)
    box.put(1)
    expect(box.current).toBe(1)
  })

  it('gives each value to one waiting reader, in the order in which they asked', async () => {
    const box = new LatestValue<number>()
    const [first, second] = [box.next(), box.next()]
    box.put(1)
    box.put(2)
    box.put(3)
    expect(await Promise.all([first, second, box.next()])).toEqual([item(1), item(2), item(3)])
  })

  it('gives nothing for a value that was taken back before a reader asked', async () => {
    const box = new LatestValue<number>()
    box.put(1)
    expect(await box.next()).toEqual(item(1))
    box.put(2)
    box.put(1)
    const next = box.next()
    box.put(1)
    expect(await settled(next)).toBe(false)
    box.put(3)
    expect(await next).toEqual(item(3))
    box.put(3)
    box.end()
    expect(await box.next()).toEqual(done)
  })

  it('holds an undefined value too', async () => {
    const box = new LatestValue<undefined>()
    box.put(undefined)
    expect(await box.next()).toEqual({ done: false, value: undefined })
  })

  it('gives its value before it reports its end', async () => {
    const box = new LatestValue<number>()
    box.put(1)
    box.end()
    expect([await box.next(), await box.next(), await box.next()]).toEqual([item(1), done, done])
  })

  it('gives its value before it fails, and fails once', async () => {
    const box = new LatestValue<number>()
    box.put(1)
    box.end(new Error('as scripted'))
    expect(await box.next()).toEqual(item(1))
    await expect(box.next()).rejects.toThrow('as scripted')
    expect(await box.next()).toEqual(done)
  })

  it('fails the first waiting reader, and ends for the others', async () => {
    const box = new LatestValue<number>()
    const [first, second] = [box.next(), box.next()]
    box.end(new Error('as scripted'))
    await expect(first).rejects.toThrow('as scripted')
    expect([await second, await box.next()]).toEqual([done, done])
  })

  it('accepts nothing after its end, and ends once', async () => {
    const box = new LatestValue<number>()
    box.end()
    box.put(1)
    box.end(new Error('too late'))
    expect(await box.next()).toEqual(done)
  })

  it('drops its value, and its error, when it is cut', async () => {
    const [full, failed, waiting] = [new LatestValue<number>(), new LatestValue<number>(), new LatestValue<number>()]
    full.put(1)
    full.cut()
    failed.put(1)
    failed.end(new Error('as scripted'))
    failed.cut()
    const next = waiting.next()
    waiting.cut()
    expect([await full.next(), await failed.next(), await next]).toEqual([done, done, done])
  })
})
