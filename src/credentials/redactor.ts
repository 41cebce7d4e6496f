import { isRecord } from '../base/checks.ts'
import { MesheryError, unfold } from '../base/errors.ts'

/** The longest text of a peer that is shown, in characters. */
const longest = 2_000
/** How much of a longer text is read beyond that, in characters, so that no secret is cut before it is found. */
const beyond = 100
/** So many characters in a row of a secret are hidden, wherever they are in it; a shorter secret is hidden whole. */
const run = 12
/** A shorter beginning of a secret at the end of a text is shown: as a rule it is a word. In characters. */
const shortestEnd = 8
/** A shorter secret is not looked for, since it would be found in every text. In letters and digits. */
const least = 4
/** How many values of one kind are remembered, so that a late error of an old attempt is redacted too. */
const remembered = 8
/** How much of a value is looked at: the rest of a larger one is dropped. */
const mostValues = 1_000
const deepest = 10

/**
 * One character as an escape of JSON, whose backslash may be escaped or a slash by now, or as a byte of a URL; a sequence that
 * steers a terminal; letters; or any character.
 */
const units = /(?:[\\/]|%(?:25)*5c)u([\da-f]{4})|%(?:25)*([\da-f]{2})|(\p{Cc}\[[\d;]*[a-z])|([a-z\d]+)|./gisu
/** What lines, escapes and the two alphabets of base64 differ in. */
const skipped = /[\s\p{Cc}\p{Cf}\\+\-_/=]/gu

interface Reading {
  /** The text decoded, in lower case, without what is skipped. */
  readonly plain: string
  /** Where each character of it begins and ends in the text. */
  readonly from: readonly number[]
  readonly to: readonly number[]
}

const read = (text: string): Reading => {
  let plain = ''
  const from: number[] = []
  const to: number[] = []
  for (const { 0: whole, 1: code, 2: byte, 3: sequence, 4: letters, index } of text.matchAll(units)) {
    const hex = byte ?? code
    const decoded = hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16))
    const shown = letters ?? (sequence ? '' : decoded.replace(skipped, ''))
    const lower = shown.toLowerCase()
    plain += lower
    for (let at = 0; at < lower.length; at++) {
      from.push(letters ? index + at : index)
      to.push(letters ? index + at + 1 : index + whole.length)
    }
  }
  return { plain, from, to }
}

/** A secret as it is, as bytes, and in base64 behind any text: what its neighbours decide is left out. */
const formsOf = (secret: string): string[] => {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret.slice(0, 8_192)))
  const encoded = [0, 2, 3].map((lead, before) =>
    btoa('x'.repeat(before) + bytes).slice(lead, Math.floor(((before + bytes.length) * 4) / 3)),
  )
  return [secret.slice(0, 8_192), bytes, ...encoded]
}

interface Index {
  /** Pieces of secrets, and their lengths. */
  readonly pieces: ReadonlySet<string>
  readonly lengths: ReadonlySet<number>
  /** Beginnings of secrets. */
  readonly beginnings: ReadonlySet<string>
}

/**
 * Knows every secret that was given or learnt, and takes them out of what a peer says before it gets into an error, a notice
 * or a log line: as they are, URL-encoded, escaped as in JSON, and in base64 of both alphabets at any offset.
 */
export class Redactor {
  readonly #secrets = new Map<string, readonly (readonly string[])[]>()
  #public = ''
  #index: Index | undefined

  /** A text that is no secret, also where a secret contains it: the address of the server. */
  set public(text: string) {
    this.#public = read(text).plain
  }

  /** Remembers secrets of a kind, with the last ones of the same kind. */
  learn(kind: string, secrets: readonly string[]): void {
    const known = this.#secrets.get(kind) ?? []
    const key = secrets.join('\n')
    if (key === '' || known[0]?.join('\n') === key) return
    this.#secrets.set(kind, [secrets, ...known.filter((one) => one.join('\n') !== key)].slice(0, remembered))
    this.#index = undefined
  }

  /** The text without secrets, and no longer than `most` characters. */
  text(given: string, most: number = longest): string {
    this.#index ??= this.#indexed()
    const { pieces, lengths, beginnings } = this.#index
    const text = given.slice(0, most + beyond)
    const isHidden: boolean[] = []
    const { plain, from, to } = pieces.size === 0 ? read('') : read(text)
    const hide = (first: number, length: number): void => {
      const last = Math.min(first + length, plain.length) - 1
      for (let at = from[first] ?? 0; at < (to[last] ?? 0); at++) isHidden[at] = true
    }
    for (let at = 0; at < plain.length; at++)
      for (const length of lengths) if (pieces.has(plain.slice(at, at + length))) hide(at, length)
    for (let length = run - 1; length >= shortestEnd; length--)
      if (beginnings.has(plain.slice(-length))) hide(Math.max(0, plain.length - length), length)
    let shown = ''
    for (let at = 0; at < text.length && at < most; at++) {
      if (!isHidden[at]) shown += text[at]
      else if (!isHidden[at - 1]) shown += '***'
    }
    return given.length > most ? `${shown}...` : shown
  }

  /** The value without secrets, however deep they are in it; the value itself where there are none. */
  value(given: unknown): unknown {
    let left = mostValues
    const clean = (value: unknown, depth: number): unknown => {
      if (typeof value === 'string') return this.text(value)
      if (typeof value !== 'object' || value === null) return value
      if (value instanceof MesheryError) return this.error(value)
      if (depth > deepest || ArrayBuffer.isView(value)) return '...'
      const entries = Object.entries(value)
      const kept = entries.slice(0, Math.max(0, left))
      left -= entries.length
      const cleaned = kept.map(([key, one]) => [this.text(key), clean(one, depth + 1)] as const)
      const isSame = (one: readonly unknown[], at: number): boolean =>
        one[0] === entries[at]?.[0] && one[1] === entries[at]?.[1]
      if (kept.length === entries.length && cleaned.every(isSame)) return value
      return Array.isArray(value) ? cleaned.map(([, one]) => one) : Object.fromEntries(cleaned)
    }
    return clean(given, 0)
  }

  /** The error itself when it shows no secret, else one like it without: neither in its texts nor in its causes. */
  error(error: MesheryError): MesheryError {
    const { code, phase, retryable, cause } = error
    const causes = unfold(cause)
    const traces = causes.map((one) => (one instanceof Error ? [one.message, one.stack, { ...one }] : one))
    const given = { message: error.message, remedy: error.remedy, details: error.details }
    const isSafe = this.value(given) === given && this.value(traces) === traces
    if (isSafe) return error
    const details = this.value(given.details)
    return new MesheryError(code, this.text(given.message), {
      phase,
      retryable,
      remedy: this.text(given.remedy),
      details: isRecord(details) ? details : {},
      ...(cause !== undefined && { cause: new Error(this.text(causes.map(String).join('\n'))) }),
    })
  }

  #indexed(): Index {
    const pieces = new Set<string>()
    const lengths = new Set<number>()
    const beginnings = new Set<string>()
    const forms = [...this.#secrets.values()].flat(2).flatMap(formsOf)
    for (const form of new Set(forms.map((one) => read(one).plain))) {
      const length = Math.min(form.length, run)
      if (length < least) continue
      lengths.add(length)
      for (let at = 0; at + length <= form.length; at++) {
        const piece = form.slice(at, at + length)
        if (!this.#public.includes(piece)) pieces.add(piece)
      }
      for (let end = shortestEnd; end < length; end++) beginnings.add(form.slice(0, end))
    }
    return { pieces, lengths, beginnings }
  }
}
