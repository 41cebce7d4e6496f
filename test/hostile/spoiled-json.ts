import { isRecord } from '../../src/base/checks.ts'

const levels = 50_000
const deepValues = [
  `${'['.repeat(levels)}${']'.repeat(levels)}`,
  `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  `${'{"__proto__":'.repeat(levels)}1${'}'.repeat(levels)}`,
] as const
const texts = ['constructor', '__proto__', 'toString', 'hasOwnProperty', '\u0085\u202e\u2028\u0000'] as const
/** Fields that only a person reads. */
const readable = new Set(['description', 'category', 'action', 'version', 'severity', 'mesh', 'duration', 'visibility'])
/** How many values of one text are deep. */
const mostDeep = 2

/** Chooses a whole number from 0, below the limit. The same seed chooses the same. */
export const chooser = (seed: number): ((limit: number) => number) => {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/**
 * The same JSON as a hostile server sends it: objects have the keys `__proto__` and `constructor` as well, some with 50,000 levels below
 * them, and texts that only people read are names of what every object inherits.
 */
export function spoil(json: string, choose: (limit: number) => number): string {
  let deepLeft = mostDeep
  const extra = (): string => {
    if (deepLeft === 0 || choose(2) === 0) return '"x"'
    deepLeft--
    return deepValues[choose(deepValues.length)] ?? '1'
  }
  const write = (value: unknown, key: string): string => {
    if (Array.isArray(value)) return `[${value.map((one: unknown) => write(one, key)).join()}]`
    if (typeof value === 'string' && readable.has(key)) return JSON.stringify(texts[choose(texts.length)])
    if (!isRecord(value)) return JSON.stringify(value)
    const fields = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${write(one, name)}`)
    const extras = ['__proto__', 'constructor'].map((name) => `${JSON.stringify(name)}:${extra()}`)
    return `{${[...fields, ...extras].join()}}`
  }
  return write(JSON.parse(json), '')
}
