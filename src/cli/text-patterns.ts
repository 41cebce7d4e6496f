import { createContext, Script } from 'node:vm'
import { MesheryError } from '../index.ts'
import { usageError } from './option-values.ts'

/** A longer line is searched up to here, in characters. */
export const longestSearched = 8_192

/** How long the patterns of one option may take for one text, in milliseconds. */
const timeLimitMs = 1_000

/** A part of a text: from `start` up to, not including, `end`. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** The text with each of its lines cut to what is searched. */
export const searchable = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.slice(0, longestSearched))
    .join('\n')

/**
 * The regular expressions of one option. JavaScript's expressions backtrack, and a pattern such as `(a+)+$` may take years for
 * one line: only a script of `node:vm` can be interrupted, and so one runs them.
 */
export class TextPatterns {
  readonly #option: string
  readonly #given: readonly string[]
  readonly #expressions: readonly RegExp[]
  readonly #timeLimitMs: number
  /** What the script calls. */
  readonly #realm = { search: (): void => {} }
  readonly #context = createContext(this.#realm)
  readonly #script = new Script('search()')

  /**
   * @param option Its name without dashes.
   * @param given JavaScript's regular expressions; `(?i)` at the beginning ignores case. `^` and `$` match at each line.
   * @throws MesheryError INVALID_OPTION
   */
  constructor(option: string, given: readonly string[], limitMs: number = timeLimitMs) {
    this.#option = option
    this.#given = given
    this.#expressions = given.map((one) => readExpression(option, one))
    this.#timeLimitMs = limitMs
  }

  /**
   * Whether one of them matches a part of the text.
   * @throws MesheryError INVALID_OPTION when they take too long.
   */
  matchesAny(text: string): boolean {
    const searched = searchable(text)
    return this.#run(() => this.#expressions.some((expression) => searched.search(expression) >= 0))
  }

  /**
   * The parts of a line that match one of them, from left to right.
   * @throws MesheryError INVALID_OPTION when they take too long.
   */
  rangesIn(line: string): readonly TextRange[] {
    const searched = line.slice(0, longestSearched)
    const found = this.#run(() =>
      this.#expressions.flatMap((expression) =>
        Array.from(searched.matchAll(expression), ({ index, 0: { length } }) => ({
          start: index,
          end: index + length,
        })),
      ),
    )
    return joined(found.filter(({ start, end }) => end > start))
  }

  #run<T>(search: () => T): T {
    const found: T[] = []
    this.#realm.search = () => {
      found.push(search())
    }
    try {
      this.#script.runInContext(this.#context, { timeout: this.#timeLimitMs })
    } catch (cause) {
      if (!isTimeout(cause)) throw cause
      throw this.#tooSlow(cause)
    }
    return found[0] ?? search()
  }

  #tooSlow(cause: unknown): MesheryError {
    const given = this.#given.map((one) => JSON.stringify(one)).join(', ')
    return new MesheryError(
      'INVALID_OPTION',
      `--${this.#option} was given ${given}, which took more than ${this.#timeLimitMs} ms for one event`,
      { phase: 'options', cause, remedy: 'Avoid a repetition inside a repetition, such as (a+)+.' },
    )
  }
}

/** The error is one of the script's own world, and no instance of this one's `Error`. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'

function readExpression(option: string, given: string): RegExp {
  const [, ignoresCase, source = ''] = /^(\(\?i\))?(.*)$/s.exec(given) ?? []
  if (source === '') throw usageError(`--${option} was given ${JSON.stringify(given)}; it takes a regular expression`)
  try {
    return new RegExp(source, ignoresCase === undefined ? 'gm' : 'gim')
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split(': ').at(-1) ?? '') : String(cause)
    throw usageError(`--${option} was given ${JSON.stringify(given)}, which is no regular expression: ${why}`, cause)
  }
}

/** Ranges in order, each a gap away from the one before. */
function joined(ranges: readonly TextRange[]): readonly TextRange[] {
  const merged: TextRange[] = []
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last === undefined || last.end < range.start) merged.push(range)
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
  }
  return merged
}

/** The text with each of these parts changed. */
export const changedAt = (text: string, ranges: readonly TextRange[], change: (part: string) => string): string => {
  let at = 0
  let changed = ''
  for (const { start, end } of ranges) {
    changed += text.slice(at, start) + change(text.slice(start, end))
    at = end
  }
  return changed + text.slice(at)
}
