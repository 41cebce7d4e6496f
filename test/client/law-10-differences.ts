import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../../src/base/checks.ts'
import { type Release, releaseProfiles } from '../../src/testing/releases/release-profile.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { type Difference, differences } from '../releases/differences.ts'

/** Where a value comes from, and the other conditions there. */
export interface Place {
  readonly release: Release
  readonly transport: TransportName
  readonly conditions: readonly string[]
}

const numbers = (version: string): number[] => version.slice(1).split('.').map(Number)

function isBefore(one: string, other: string): boolean {
  const [a, b] = [numbers(one), numbers(other)]
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0)) ?? 0
  return (a[at] ?? 0) < (b[at] ?? 0)
}

const grammar = /^(?:(websocket|sse|polling)(?: |$))?(?:(before|from) )?(v\d+\.[\d.]+|current)?$/

/**
 * Whether the condition is true in that place.
 * @throws RangeError if the text names no place.
 */
export function holds({ on }: Difference, { release, transport, conditions }: Place): boolean {
  const [where = '', ...more] = on.split(', ')
  const matched = where === '' ? null : grammar.exec(where)
  const wanted = matched ? more : [where, ...more]
  if (wanted.length > 1 || wanted.some((condition) => !known.has(condition))) throw new RangeError(`Not a place: ${on}`)
  if (!wanted.every((condition) => conditions.includes(condition))) return false
  const [, carrier, side, line] = matched ?? []
  if (carrier && carrier !== transport) return false
  if (!line) return true
  if (!side) return line === release
  const { build } = releaseProfiles[release]
  const before = line === 'current' ? release !== 'current' : isBefore(build, line)
  return (side === 'before') === before
}

/** The possible conditions besides release and transport. */
export const known: ReadonlySet<string> = new Set([
  'Local provider',
  'as pushed',
  'link to the broker',
  'no broker',
  'designs that are not private',
  'kinds without a model',
])

/** Replaces a value that no table defines. */
const aside = 'another value'
/** Marks a field of an item that is left out. */
const leftOut = Symbol('left out')

function change(
  value: unknown,
  path: readonly string[],
  only: string | undefined,
  by: (was: unknown) => unknown,
): unknown {
  if (Array.isArray(value))
    return value
      .map((one) => change(one, path, only, by))
      .filter((one) => !isRecord(one) || !Object.values(one).some((field) => field === leftOut))
  const [key, ...rest] = path
  if (!isRecord(value) || key === undefined || !(key in value)) return value
  if (rest.length > 0) return { ...value, [key]: change(value[key], rest, only, by) }
  return only === undefined || Object.values(value).includes(only) ? { ...value, [key]: by(value[key]) } : value
}

const changed = ({ becomes }: Difference, was: unknown): unknown => {
  if (becomes === undefined) return null
  if (typeof was !== 'string' || becomes === 'other') return aside
  const said = becomes[was]
  return said === null ? leftOut : (said ?? was)
}

export interface Compared {
  /** What a subscription should give there. */
  readonly expected: unknown
  /** The expected values, without items that are left out there. */
  readonly there: unknown
  /** The values that it gave, without those that no table defines. */
  readonly actual: unknown
  /** The differences that had an effect. */
  readonly used: readonly Difference[]
}

/** The expected values in a place, and the values that were given. */
export function compare(stream: string, place: Place, truth: unknown, given: unknown): Compared {
  let [expected, actual, there] = [truth, given, truth]
  const used: Difference[] = []
  for (const difference of differences[stream] ?? []) {
    if (!holds(difference, place)) continue
    const [path = '', only] = difference.field.split(' of ')
    const apply = (value: unknown): unknown => change(value, path.split('.'), only, (was) => changed(difference, was))
    const other = difference.becomes === 'other'
    const before = expected
    expected = apply(expected)
    if (!isDeepStrictEqual(before, other ? actual : expected)) used.push(difference)
    if (other) actual = apply(actual)
    if (isRecord(difference.becomes) && Object.values(difference.becomes).includes(null)) there = apply(there)
  }
  return { expected, there, actual, used }
}
