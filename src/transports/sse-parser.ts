/** Takes the pieces of a text as they come. Returns whether a valid line of SSE ended in this piece. */
export type Feed = (piece: string) => boolean

/** A line of HTML, or one that is not UTF-8: compressed, or noise. */
const foreign = /^\s*<|\ufffd/
/** A comment or a known field. */
const known = /^(:[^\ufffd]*$|(data|event|id|retry)(:|$))/

/**
 * Cuts a `text/event-stream` into messages, as the HTML standard says, and hands on the data of each.
 *
 * Named messages other than `message` are dropped, as a browser's `onmessage` would; `id` and `retry` mean nothing here,
 * since Meshery sends neither. Throws a `RangeError` when a message grows over `limit` characters.
 */
export const sseParser = (limit: number, message: (data: string) => void): Feed => {
  // Grows as a rope: it is put together only when its end has come, so a long line costs no more than its length.
  let line = ''
  /** The data of the message from earlier pieces, a text for each piece, with a line end behind every line. */
  let earlier: string[] = []
  /** Its lines in this piece. */
  let lines: string[] = []
  /** The length of both. */
  let length = 0
  let name = ''
  let afterReturn = false
  let heard = false
  /** Known once a line tells. If it is something else, a colon that begins a line is CSS or chance, and no comment. */
  let isSse: boolean | undefined

  const bound = (characters: number): void => {
    if (characters > limit) throw new RangeError(`A message is longer than ${limit} characters`)
  }

  const finish = (): void => {
    const text = earlier.join('') + lines.join('\n')
    const data = lines.length > 0 ? text : text.slice(0, -1)
    if (length > 0 && (name === '' || name === 'message')) message(data)
    earlier = []
    lines = []
    length = 0
    name = ''
  }

  const take = (whole: string): void => {
    if (whole === '') {
      finish()
      return
    }
    if (isSse !== false && known.test(whole)) heard = isSse = true
    else if (foreign.test(whole)) isSse ??= false
    const colon = whole.indexOf(':')
    const field = colon < 0 ? whole : whole.slice(0, colon)
    const value = colon < 0 ? '' : whole.slice(colon + (whole[colon + 1] === ' ' ? 2 : 1))
    if (field === 'event') name = value
    if (field !== 'data') return
    lines.push(value)
    length += value.length + 1
    bound(length - 1)
  }

  /** A line is a slice that keeps its whole piece in memory, and many slices take more than their text: `join` copies them. */
  const keepLines = (): void => {
    if (lines.length === 0) return
    lines.push('')
    earlier.push(lines.join('\n'))
    lines = []
  }

  return (piece) => {
    heard = false
    if (piece === '') return heard
    let from = afterReturn && piece[0] === '\n' ? 1 : 0
    afterReturn = piece.endsWith('\r')
    const ends = /\r\n?|\n/g
    ends.lastIndex = from
    for (let end = ends.exec(piece); end; end = ends.exec(piece)) {
      take(line + piece.slice(from, end.index))
      line = ''
      from = ends.lastIndex
    }
    line += piece.slice(from)
    bound(line.length + length)
    keepLines()
    return heard
  }
}
