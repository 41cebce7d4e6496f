import { isObject, isRecord } from '../base/checks.ts'
import { MesheryError, unfold } from '../base/errors.ts'
import { isError } from '../base/thrown.ts'

/** The longest text of a peer that is shown, in characters. */
const longest = 2_000
/** How much of a longer text is read beyond that, in characters, so that no secret is cut before it is found. */
const beyond = 100
/** So many characters in a row of a secret are hidden, wherever they are in it; a shorter secret is hidden whole. */
const run = 12
/** A shorter secret is not looked for, since it would be found in every text. In letters and digits. */
const least = 4
/** How many values of one kind are remembered, so that a late error of an old attempt is redacted too. */
const remembered = 4
/** How much of a value is looked at: the rest of a larger one is dropped. */
const mostValues = 1_000
const deepest = 10

/**
 * One character as an escape of JSON, whose backslash may be escaped or a slash by now, or as a byte of a URL; a sequence that
 * steers a terminal; or any character.
 */
const units = /(?:[\\/]|%(?:25)*5c)u([\da-f]{4})|%(?:25)*([\da-f]{2})|\p{Cc}\[[\d;]*[a-z]|./gisu
/** What lines, escapes and the two alphabets of base64 differ in; and a whole sequence of a terminal. */
const skipped = /[\s\p{Cc}\p{Cf}\\+\-_/=]|^\p{Cc}\[.+/gu

/** A character without what ways to write it differ in. */
const bare = (text: string): string => text.replace(skipped, '').toLowerCase()

/** The text decoded and bare; and where each character of that begins and ends in the text. */
const read = (text: string): readonly [plain: string, from: readonly number[], to: readonly number[]] => {
  let plain = ''
  const from: number[] = []
  const to: number[] = []
  for (const { 0: whole, 1: code, 2: byte = code, index } of text.matchAll(units)) {
    plain += bare(byte === undefined ? whole : String.fromCharCode(Number.parseInt(byte, 16)))
    while (to.length < plain.length) {
      from.push(index)
      to.push(index + whole.length)
    }
  }
  return [plain, from, to]
}

/** A secret as it is, as bytes, and in base64 behind any text: what its neighbours decide is left out. */
const formsOf = (secret: string): string[] => {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret.slice(0, 8_192)))
  const encoded = [0, 2, 3].map((lead, before) =>
    btoa('x'.repeat(before) + bytes).slice(lead, Math.floor(((before + bytes.length) * 4) / 3)),
  )
  // One that is URL-encoded itself may be read or not.
  return [secret, bytes, ...encoded].flatMap((form) => [bare(form), read(form)[0]])
}

/** What was thrown, in a line: an object without a prototype has no text. */
const nameOf = (thrown: unknown): string => {
  if (!isObject(thrown)) return String(thrown)
  return isError(thrown) ? `Error: ${thrown.message}` : 'an object'
}

/**
 * Knows every secret that was given or learned, and removes them from the texts of a peer before they get into an error, a notice
 * or a log line: as they are, URL-encoded, escaped as in JSON, and in base64 of both alphabets at any offset.
 */
export class Redactor {
  /** By kind, the last ones first; those that came together in one text. */
  readonly #secrets = new Map<string, readonly string[]>()
  #public = ''
  /** Pieces of secrets, and their lengths; undefined when there is something new. */
  #pieces: Set<string> | undefined
  readonly #lengths = new Set<number>()

  /** A text that is no secret, also where a secret contains it: the address of the server. */
  set public(text: string) {
    this.#public = bare(text)
  }

  /** Remembers secrets of a kind, with the last ones of the same kind. */
  learn(kind: string, secrets: readonly string[]): void {
    const all = secrets.join('\0')
    const known = this.#secrets.get(kind) ?? []
    if (all === '' || known[0] === all) return
    this.#secrets.set(kind, [all, ...known.filter((one) => one !== all)].slice(0, remembered))
    this.#pieces = undefined
  }

  /** The text without secrets, and no longer than 2,000 characters. */
  text(given: string): string {
    this.#pieces ??= this.#cut()
    const text = given.slice(0, longest + beyond)
    const [plain, from, to] = read(this.#pieces.size > 0 ? text : '')
    const isHidden = new Uint8Array(text.length)
    for (let at = 0; at < plain.length; at++)
      for (const length of this.#lengths)
        if (this.#pieces.has(plain.slice(at, at + length)))
          isHidden.fill(1, from[at], to[Math.min(at + length, to.length) - 1])
    let shown = ''
    for (let at = 0; at < text.length && at < longest; at++) {
      if (!isHidden[at]) shown += text[at]
      else if (!isHidden[at - 1]) shown += '***'
    }
    return given.length > longest ? `${shown}...` : shown
  }

  /** The value without secrets, however deep they are in it; the value itself where there are none. */
  value(given: unknown): unknown {
    let left = mostValues
    const clean = (value: unknown, depth: number): unknown => {
      if (typeof value === 'string') return this.text(value)
      if (!isObject(value)) return value
      if (depth > deepest || ArrayBuffer.isView(value)) return '...'
      const entries = Object.entries(value)
      const cleaned = entries
        .slice(0, Math.max(0, left))
        .map(([key, one]) => [this.text(key), clean(one, depth + 1)] as const)
      const isSame = entries.every(([key, one], at) => cleaned[at]?.[0] === key && cleaned[at]?.[1] === one)
      left -= entries.length
      if (isSame) return value
      return Array.isArray(value) ? cleaned.map(([, one]) => one) : Object.fromEntries(cleaned)
    }
    return clean(given, 0)
  }

  /** The error itself when it shows no secret, else one like it without: neither in its texts nor in its causes. */
  error(error: MesheryError): MesheryError {
    const { code, message, phase, retryable, remedy, cause } = error
    const causes = unfold(cause)
    const traces = causes.map((one) => (isError(one) ? [one.message, one.stack, { ...one }] : one))
    const parts = [message, remedy, error.details, traces]
    if (this.value(parts) === parts) return error
    const details = this.value(error.details)
    return new MesheryError(code, this.text(message), {
      phase,
      retryable,
      remedy: this.text(remedy),
      ...(isRecord(details) && { details }),
      ...(cause !== undefined && { cause: new Error(this.text(causes.map(nameOf).join('\n'))) }),
    })
  }

  #cut(): Set<string> {
    const pieces = new Set<string>()
    this.#lengths.clear()
    const secrets = [...this.#secrets.values()].flat().flatMap((all) => all.split('\0'))
    for (const form of new Set(secrets.flatMap(formsOf))) {
      const length = Math.min(form.length, run)
      if (length < least) continue
      this.#lengths.add(length)
      for (let at = 0; at + length <= form.length; at++) {
        const piece = form.slice(at, at + length)
        if (!this.#public.includes(piece)) pieces.add(piece)
      }
    }
    return pieces
  }
}
