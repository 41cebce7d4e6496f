import { StringDecoder } from 'node:string_decoder'
import type { HeldBytes } from './held-bytes.ts'

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
  readonly #held: HeldBytes
  /** The line that has not ended is longer than may be held back. Its further pieces are returned at once, so that its length shows. */
  #isLong = false
  #hasBegun = false
  readonly #mostHeldBytes: number

  /**
   * @param held What holds bytes back.
   * @param limitBytes Where more than this is an error. Past it, and past 2 MiB, what comes is decoded at once until a line ends.
   */
  constructor(held: HeldBytes, limitBytes: number = Infinity) {
    this.#held = held
    this.#mostHeldBytes = Math.min(limitBytes, mostHeldBytes)
  }

  /** The text up to the last line end in this piece; without a piece, all that is left. */
  decode(piece?: Uint8Array): string {
    if (!piece) return this.#heldText() + this.#decoder.end()
    const end = 1 + Math.max(piece.lastIndexOf(lineFeed), piece.lastIndexOf(carriageReturn))
    let text = ''
    if (end > 0) {
      text = this.#heldText(piece.subarray(0, end))
      this.#isLong = false
    }
    const rest = piece.subarray(end)
    if (this.#held.length + rest.length <= (this.#isLong ? 0 : this.#mostHeldBytes)) {
      this.#held.add(rest)
      return text
    }
    this.#isLong = true
    return text + this.#heldText(rest)
  }

  /** The text of what is held back and of this piece after it. */
  #heldText(piece: Uint8Array = new Uint8Array()): string {
    if (this.#held.length === 0) return this.#textOf(piece)
    this.#held.add(piece)
    return this.#held.take((bytes) => this.#textOf(bytes))
  }

  #textOf(bytes: Uint8Array): string {
    const text = this.#decoder.write(bytes)
    if (text === '' || this.#hasBegun) return text
    this.#hasBegun = true
    // Only at the beginning it is a byte order mark.
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }
}
