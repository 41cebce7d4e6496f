/** A line of HTML, or one that is not UTF-8: compressed, or noise. */
const foreign = /^\s*<|\ufffd/
/** The fields that lines of SSE have. */
const known = ['data', 'event', 'id', 'retry']

/**
 * Cuts a `text/event-stream` into messages, as the HTML standard says.
 *
 * Named messages other than `message` are dropped, as a browser's `onmessage` would; `id` and `retry` mean nothing here,
 * since Meshery sends neither.
 */
export class SseParser {
  readonly #limit: number
  readonly #onMessage: (data: string) => void
  /** The line that has not ended. A rope: it is put together only at its end, so a long line costs no more than its length. */
  #line = ''
  /** The data of the message from earlier pieces, a text for each piece, with a line end behind every line. */
  #earlier: string[] = []
  /** Its lines in this piece. */
  #lines: string[] = []
  /** The length of both. */
  #length = 0
  /** The name of the message. */
  #event = ''
  /** The piece before ended with a carriage return: a line feed now belongs to that line end. */
  #isAfterReturn = false
  #hasValidLine = false
  /** Whether this is SSE at all; known once a line shows it. If not, a colon that begins a line is CSS or chance, and no comment. */
  #isSse: boolean | undefined

  /** @param limit The largest message, in characters. */
  constructor(limit: number, onMessage: (data: string) => void) {
    this.#limit = limit
    this.#onMessage = onMessage
  }

  /**
   * Takes the next piece of the text. Returns whether a valid line of SSE ended in it.
   * @throws RangeError when a message grows over the limit.
   */
  read(piece: string): boolean {
    this.#hasValidLine = false
    if (piece === '') return false
    const text = this.#isAfterReturn ? piece.replace(/^\n/, '') : piece
    // To search for texts costs a fifth of what a pattern would.
    const [rest, ...lines] = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n')
    this.#isAfterReturn = piece.endsWith('\r')
    this.#line += rest
    for (const line of lines) {
      this.#readLine(this.#line)
      this.#line = line
    }
    this.#check(this.#line.length + this.#length)
    this.#copyLines()
    return this.#hasValidLine
  }

  #readLine(line: string): void {
    if (line === '') {
      this.#finish()
      return
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    // Data without a pattern: the engine keeps what it matched last, and that line may be long.
    const isKnown = known.includes(field) || (colon === 0 && !foreign.test(line))
    if (this.#isSse !== false && isKnown) this.#hasValidLine = this.#isSse = true
    else if (foreign.test(line)) this.#isSse ??= false
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (field === 'event') this.#event = value
    if (field !== 'data') return
    this.#lines.push(value)
    this.#length += value.length + 1
    this.#check(this.#length - 1)
  }

  #finish(): void {
    const text = this.#earlier.join('') + this.#lines.join('\n')
    const data = this.#lines.length > 0 ? text : text.slice(0, -1)
    const isMessage = this.#length > 0 && (this.#event === '' || this.#event === 'message')
    if (isMessage) this.#onMessage(data)
    this.#earlier = []
    this.#lines = []
    this.#length = 0
    this.#event = ''
  }

  #check(length: number): void {
    if (length > this.#limit) throw new RangeError(`A message is longer than ${this.#limit} characters`)
  }

  /** A line is a slice that keeps its whole piece in memory, and many slices take more than their text: `join` copies them. */
  #copyLines(): void {
    if (this.#lines.length === 0) return
    this.#lines.push('')
    this.#earlier.push(this.#lines.join('\n'))
    this.#lines = []
  }
}
