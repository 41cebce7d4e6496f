import { MesheryError } from './errors.ts'
import { didYouMean } from './nearest.ts'

/** Throws INVALID_OPTION: which option, what was given (in words that show no secret), and what is allowed. */
export const refuse = (name: string, given: string, allowed: string): never => {
  throw new MesheryError('INVALID_OPTION', `\`${name}\` was given ${given}; it takes ${allowed}`, {
    phase: 'options',
    details: { option: name },
  })
}

/** A value in a few words. Not for secrets: of those only the type is shown. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value)
  if (Array.isArray(value)) return `[${value.slice(0, 5).map(shown).join(', ')}]`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

/** The type of a value, with its article. */
export const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'a text'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}

/** Whether a value has fields or items of its own. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && !Array.isArray(value)

/** The object itself, when it is one and knows no other names than these; a wrong name is answered by all known ones. */
export const wantNames = (
  group: string,
  given: unknown,
  names: readonly string[],
): Readonly<Record<string, unknown>> => {
  // A text in its place may be a secret.
  if (!isRecord(given)) return refuse(group, kindOf(given), `an object of ${names.join(', ')}`)
  const stray = Object.keys(given).find((name) => !names.includes(name))
  if (stray === undefined) return given
  const what = /^\w+$/.test(stray) ? `the unknown name ${shown(stray)}` : 'an unknown name'
  return refuse(group, what + didYouMean(stray, names), names.join(', '))
}

/** The largest wait in milliseconds that a timer keeps; beyond it they fire at once. */
const longest = 2 ** 31 - 1

interface NumberRange {
  readonly least: number
  readonly most: number
  /** Whether only whole numbers are in it. */
  readonly whole: boolean
}

/** A number of the range. */
export const wantInRange = (name: string, given: unknown, { least, most, whole }: NumberRange): number =>
  typeof given === 'number' && given >= least && given <= most && (!whole || Number.isInteger(given))
    ? given
    : refuse(name, shown(given), `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)

/** A number from `least` to what a timer can keep; a whole one when `whole`. */
export const wantNumber = (name: string, given: unknown, least: number, whole = false): number =>
  wantInRange(name, given, { least, most: longest, whole })

/** Whether a text has the form of a UUID. */
export const isUUID = (text: string): boolean => /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i.test(text)
