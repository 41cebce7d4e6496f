import { StringDecoder } from 'node:string_decoder'

/** How much is held back at most, in bytes. */
const mostHeldBytes = 2 ** 21
const lineFeed = 10
const carriageReturn = 13

/**
 * Decodes UTF-8 as `TextDecoder` does, and returns whole lines where it can. So a long line is decoded at once: joined from decoded
 * pieces, it would take twice the memory. `TextDecoder` also takes several times as long for pieces.
 */
export class LineDecoder {
  readonly #decoder = new StringDecoder('utf8')
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** The line that has not ended is longer than may be held back. Its further pieces are returned at once, so that its length shows. */
  #isLong = false
  #hasBegun = false
  readonly #mostHeldBytes: number

  /** @param limitBytes Where more than this is an error. Past it, and past 2 MiB, what comes is decoded at once until a line ends. */
  constructor(limitBytes: number = Infinity) {
    this.#mostHeldBytes = Math.min(limitBytes, mostHeldBytes)
  }

  /** The text up to the last line end in this piece; without a piece, all that is left. */
  decode(piece?: Uint8Array): string {
    if (!piece) return this.#textOf(this.#take()) + this.#decoder.end()
    const end = 1 + Math.max(piece.lastIndexOf(lineFeed), piece.lastIndexOf(carriageReturn))
    this.#hold(piece.subarray(0, end))
    let text = end > 0 ? this.#textOf(this.#take()) : ''
    if (end > 0) this.#isLong = false
    this.#hold(piece.subarray(end))
    if (this.#heldBytes > (this.#isLong ? 0 : this.#mostHeldBytes)) {
      text += this.#textOf(this.#take())
      this.#isLong = true
    }
    return text
  }

  #hold(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }

  #take(): Uint8Array {
    const [first = new Uint8Array(), ...more] = this.#held
    const all = more.length === 0 ? first : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return all
  }

  #textOf(bytes: Uint8Array): string {
    const text = this.#decoder.write(bytes)
    if (text === '' || this.#hasBegun) return text
    this.#hasBegun = true
    // Only at the beginning it is a byte order mark.
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }
}
