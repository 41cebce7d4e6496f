/** How many buffers are kept for the next line: as a rule a stream and a page come at the same time. */
const maxFree = 2
/** What a buffer has at first, in bytes. */
const firstBytes = 2 ** 16

/**
 * The buffers in which the responses of one client put a line together. They are used again: what is made anew for each
 * line of 1 MB is collected late, and tens of MB of it would wait for that.
 */
export class LineBuffers {
  readonly #free: Uint8Array[] = []

  /** A buffer of at least so many bytes. */
  take(bytes: number): Uint8Array {
    const buffer = this.#free.pop()
    return buffer && buffer.length >= bytes ? buffer : new Uint8Array(Math.max(firstBytes, bytes))
  }

  /** Nothing uses the buffer any more. */
  give(buffer: Uint8Array): void {
    if (this.#free.length < maxFree) this.#free.push(buffer)
  }
}

/** The bytes of one response that wait for the end of their line. */
export class HeldBytes {
  readonly #buffers: LineBuffers
  #buffer: Uint8Array = new Uint8Array()
  #length = 0

  constructor(buffers: LineBuffers = new LineBuffers()) {
    this.#buffers = buffers
  }

  /** How many bytes are held. */
  get length(): number {
    return this.#length
  }

  /** Copies the piece behind the others. */
  add(piece: Uint8Array): void {
    const length = this.#length + piece.length
    if (length > this.#buffer.length) this.#grow(length)
    this.#buffer.set(piece, this.#length)
    this.#length = length
  }

  /** Reads all bytes, and holds none any more. They are valid only while `read` runs. */
  take<Result>(read: (bytes: Uint8Array) => Result): Result {
    const result = read(this.#buffer.subarray(0, this.#length))
    this.#buffers.give(this.#buffer)
    this.#buffer = new Uint8Array()
    this.#length = 0
    return result
  }

  #grow(bytes: number): void {
    const before = this.#buffer
    this.#buffer = this.#buffers.take(Math.max(bytes, 2 * before.length))
    this.#buffer.set(before.subarray(0, this.#length))
  }
}
