import { describe, expect, it } from 'vitest'
import { deepestLevel, parseJSON, tooDeep } from '../../src/base/json.ts'
import { isFull } from '../sample.ts'

const nested = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels)

/** The number of levels of a value, computed without recursion. */
const levelsOf = (value: unknown): number => {
  let levels = 0
  for (let at = value; typeof at === 'object' && at !== null; at = Object.values(at)[0]) levels++
  return levels
}

describe("a peer's JSON", () => {
  it('is parsed as JSON.parse does where it is not deep', () => {
    const text = JSON.stringify({ a: [1, { b: '[['.repeat(2_000) }], list: Array.from({ length: 2_000 }, () => [{}]) })
    expect(parseJSON(text)).toEqual(JSON.parse(text))
    expect(() => parseJSON('{')).toThrow(SyntaxError)
    expect(parseJSON(nested(deepestLevel, '[', ']'))).toEqual(JSON.parse(nested(deepestLevel, '[', ']')))
  })

  it.each(isFull ? [50_000, 1_000_000] : [50_000])('keeps 500 levels of %i, and can be written', (levels) => {
    const value = parseJSON(nested(levels, '[', ']'))
    expect(levelsOf(value)).toBe(deepestLevel)
    expect(JSON.stringify(value)).toContain(tooDeep)
  })

  it('keeps 500 levels of objects, also under __proto__, and sets no prototype', () => {
    const value = parseJSON(`${'{"__proto__":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
    expect(levelsOf(value)).toBe(deepestLevel)
    let last: unknown = value
    for (let level = 1; level < deepestLevel; level++) last = Object.values(last as object)[0]
    expect(Object.getPrototypeOf(last)).toBe(Object.prototype)
    expect(Object.values(last as object)).toEqual([tooDeep])
  })
})
