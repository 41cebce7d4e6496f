import { stripVTControlCharacters, type styleText } from 'node:util'
import stringWidth from 'string-width'

type Style = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>

/** One or more of Node's names for colours and the like. */
export type Look = Style | readonly Style[]

/**
 * A text from elsewhere as one harmless line: what a server sends could otherwise break the line, or steer the terminal.
 */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\t-\r\u0085\u2028\u2029]+/g, ' ')
    .replace(steering, escaped)
    .trim()

/**
 * Characters that a terminal obeys, or that hide what a text contains: C0, DEL, C1, line separators, bidi controls, and those
 * without a width. Not the joiners U+200C and U+200D, which scripts and emoji need.
 */
const steering = /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu

const escaped = (one: string): string => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A value as one harmless line of JSON. Escapes change nothing for a parser. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replace(steering, escaped)

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number => stringWidth(text)

/** What people take for one letter, such as a flag or a letter with its accents. */
const letters = new Intl.Segmenter()

/** The beginning of the text that fits into `room` columns, with an ellipsis if there is more. */
export const cut = (text: string, room: number): string => {
  if (widthOf(text) <= room) return text
  let kept = ''
  let width = 0
  for (const { segment } of letters.segment(text)) {
    width += widthOf(segment)
    if (width > room - 1) break
    kept += segment
  }
  return room > 0 ? `${kept}…` : ''
}

/** The text, filled with spaces up to `width` columns. */
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** The text in lines of at most `room` columns, broken between words; a longer word gets a line of its own. */
export const wrapped = (text: string, room: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(/ +/)) {
    const last = lines.at(-1)
    const longer = `${last} ${word}`
    if (last !== undefined && widthOf(longer) <= room) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}
