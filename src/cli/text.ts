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
