import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantNames } from '../../src/base/checks.ts'
import { nearest } from '../../src/base/nearest.ts'
import { runsOf } from '../sample.ts'

const filters = ['severity', 'category', 'action', 'status', 'actedUpon', 'where', 'since']
const options = ['url', 'token', 'provider', 'credentials', 'connectionParams', 'headers', 'transports', 'timeouts']

const refusal = (stray: string): string => {
  try {
    wantNames('arguments', { [stray]: 1 }, filters)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('an unknown name', () => {
  it.each([
    ['sevrity', filters, ['severity']],
    ['Severity', filters, ['severity']],
    ['severities', filters, ['severity']],
    ['acted_upon', filters, ['actedUpon']],
    ['acted-upon', filters, ['actedUpon']],
    ['sinec', filters, ['since']],
    ['tokne', options, ['token']],
    ['transport', options, ['transports']],
    ['timeout', options, ['timeouts']],
    ['header', options, ['headers']],
    ['uri', options, ['url']],
    ['URL', options, ['url']],
    ['connection_params', options, ['connectionParams']],
  ] as const)('%s is similar to the intended name', (stray, names, meant) => {
    expect(nearest(stray, names)).toEqual(meant)
  })

  it.each(['', 'x', 'foo', 'zebra', '__proto__', 'constructor'])('%s has no similar name', (stray) => {
    expect(nearest(stray, filters)).toEqual([])
  })

  it('that is equally similar to several names gets all of them', () => {
    expect(nearest('item', ['items', 'others', 'itema', 'connection'])).toEqual(['items', 'itema'])
  })

  it('gets the nearest name and the list of all names', () => {
    expect(refusal('sevrity')).toBe(
      `\`arguments\` was given the unknown name "sevrity" (did you mean \`severity\`?); it takes ${filters.join(', ')}`,
    )
    expect(refusal('zebra')).toBe(`\`arguments\` was given the unknown name "zebra"; it takes ${filters.join(', ')}`)
  })

  it('that cannot be an identifier is not quoted, and still gets the list', () => {
    expect(refusal('acted-upon')).toMatch(
      /^`arguments` was given an unknown name \(did you mean `actedUpon`\?\); it takes/,
    )
  })

  it('of a megabyte, like any other text, is checked at once', () => {
    expect(nearest('severity'.repeat(200_000), filters)).toEqual([])
    fc.assert(
      fc.property(fc.string(), (stray) => nearest(stray, filters).every((name) => filters.includes(name))),
      { numRuns: runsOf(100) },
    )
  })
})
