import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { same, sameValue } from '../../src/base/same.ts'
import { isFull, runsOf } from '../sample.ts'

describe('two JSON values', () => {
  it('are the same when their JSON is the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(same(value, structuredClone(value))).toBe(true)
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('differ when their JSON differs, whatever the order of the keys', () => {
    const sorted = (value: unknown): string =>
      JSON.stringify(value, (_, one: unknown) =>
        typeof one === 'object' && one !== null && !Array.isArray(one)
          ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
          : one,
      )
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(same(a, b)).toBe(sorted(a) === sorted(b))
      }),
      { numRuns: runsOf(100) },
    )
    expect(same({ a: [1, { b: null, c: 'd' }] }, { a: [1, { c: 'd', b: null }] })).toBe(true)
  })

  it.each([
    [[], {}],
    [null, {}],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [{ toString: 1 }, { a: 1 }],
    ['1', 1],
    [null, undefined],
  ])('%j and %j differ', (a, b) => {
    expect([same(a, b), same(b, a)]).toEqual([false, false])
  })
})

describe('values from a peer', () => {
  const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

  it('are compared at any depth', () => {
    // Deeper than a stack in any case.
    const levels = isFull ? 200_000 : 20_000
    expect(same(deep(levels), deep(levels))).toBe(true)
    expect(same(deep(levels), deep(levels + 1))).toBe(false)
  })

  it('are compared once, for any number of subscribers', () => {
    let looks = 0
    const watched = (value: object): object =>
      new Proxy(value, {
        ownKeys(target) {
          looks++
          return Reflect.ownKeys(target)
        },
      })
    const [a, b] = [watched({ value: 1 }), watched({ value: 1 })]
    for (let subscriber = 0; subscriber < 50; subscriber++) expect(sameValue(a, b)).toBe(true)
    expect(looks).toBe(2)
    expect(sameValue(a, { value: 2 })).toBe(false)
  })
})
