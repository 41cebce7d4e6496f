import { stripVTControlCharacters, styleText } from 'node:util'
import type { MesheryEvent } from '../index.ts'

type Style = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>

/** One or more of Node's names for colours and the like. */
export type Look = Style | readonly Style[]

/** The text in that look where the stream can show it: not in a pipe, and not where NO_COLOR is set. */
export const paint = (look: Look | undefined, text: string, stream: NodeJS.WritableStream): string => {
  // One by one, since Node 20 does not look at the stream when it is given several.
  const styles = look === undefined ? [] : [look].flat()
  return styles.reduce((painted, style) => styleText(style, painted, { stream }), text)
}

/**
 * A text from elsewhere as one harmless line: what a server sends could otherwise break the line, or steer the terminal.
 */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()

/** What takes no room on a terminal, and what takes twice as much as a letter: not the letters that flags are made of. */
const narrow = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const wide =
  /^(?![\u{1f1e6}-\u{1f1ff}])[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u

const widthOfOne = (letter: string): number => (narrow.test(letter) ? 0 : wide.test(letter) ? 2 : 1)

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number => [...text].reduce((width, letter) => width + widthOfOne(letter), 0)

/** As much of the text as has room in so many columns; an ellipsis says that there is more. */
export const cut = (text: string, room: number): string => {
  if (widthOf(text) <= room) return text
  let kept = ''
  let width = 0
  for (const letter of text) {
    width += widthOfOne(letter)
    if (width > room - 1) break
    kept += letter
  }
  return room > 0 ? `${kept}…` : ''
}

/** A time as text, to the second and in UTC; `-` for what is not known or no time. */
export const timeText = (time: string | null): string =>
  time === null || Number.isNaN(Date.parse(time)) ? '-' : `${new Date(time).toISOString().slice(0, 19)}Z`

const looks: Readonly<Record<string, Look>> = {
  emergency: ['bold', 'red'],
  alert: ['bold', 'red'],
  critical: ['bold', 'red'],
  error: 'red',
  warning: 'yellow',
  informational: 'blue',
  success: 'green',
  debug: 'gray',
}

/** The event as one line for people: time (UTC), severity, category/action, description; `-` for what is not known. */
export const prettyEvent = (event: MesheryEvent, stream: NodeJS.WritableStream): string => {
  const { createdAt, severity, category, action, description } = event
  const time = createdAt === null || Number.isNaN(Date.parse(createdAt)) ? '-' : new Date(createdAt).toISOString()
  const known = oneLine(severity ?? '-')
  return [
    paint('dim', time.padEnd(24), stream),
    paint(looks[known], known.padEnd(13), stream),
    `${oneLine(category ?? '-')}/${oneLine(action ?? '-')}`.padEnd(20),
    oneLine(description ?? '-'),
  ].join('  ')
}
