import { describe, expect, it } from 'vitest'
import { parsedSize, sizeOf } from '../../src/base/size.ts'
import { isFull } from '../sample.ts'

describe('the size of a value', () => {
  it.each([
    ['a text', 'four', 32 + 4],
    ['a number', 1, 32],
    ['null', null, 32],
    ['a list', ['ab', 1, null], 32 + 32 + 2 + 32 + 32],
    ['an object', { name: 'ab', flag: true }, 32 + 32 + 2 + 32],
    ['a list in an object in a list', [{ list: ['ab'] }], 32 + 32 + 32 + 32 + 2],
  ] as const)('of %s is the sum of its parts', (_, value, bytes) => {
    expect(sizeOf(value)).toBe(bytes)
  })

  it('counts a field named __proto__, and nothing of the prototype', () => {
    expect(sizeOf(JSON.parse('{"__proto__":"ab"}'))).toBe(32 + 32 + 2)
    expect(sizeOf({})).toBe(32)
  })

  it('of a value as deep as a text can be needs no stack', () => {
    // Deeper than a stack in any case.
    const levels = isFull ? 1_000_000 : 100_000
    let value: unknown = 'a'
    for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { value }
    expect(sizeOf(value)).toBe(32 * (levels + 1) + 1)
  })

  it('is taken from the length of a short text alone', () => {
    const unvisited = new Proxy({}, { ownKeys: () => expect.unreachable() })
    expect(parsedSize(unvisited, 100)).toBe(400)
    expect(parsedSize('ab', 5_000)).toBe(34)
    expect(parsedSize('ab')).toBe(34)
  })
})
