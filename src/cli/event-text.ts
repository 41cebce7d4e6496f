import type { MesheryEvent } from '../index.ts'
import type { Output } from './output.ts'
import { type Look, oneLine, padded, widthOf, wrapped } from './text.ts'
import { changedAt, type TextPatterns } from './text-patterns.ts'
import { type TimeText, timeTextBy } from './time-text.ts'

/** By severity, which is the server's own text: no object, which has a `constructor`. */
const looks: ReadonlyMap<string, Look> = new Map<string, Look>([
  ['emergency', ['bold', 'red']],
  ['alert', ['bold', 'red']],
  ['critical', ['bold', 'red']],
  ['error', 'red'],
  ['warning', 'yellow'],
  ['informational', 'blue'],
  ['success', 'green'],
  ['debug', 'gray'],
])

/** How events are shown. */
export interface EventLook {
  /** Default: UTC. */
  readonly time?: TimeText | undefined
  /** What is highlighted, where that can be shown. */
  readonly highlight?: TextPatterns | undefined
}

const utc = timeTextBy('utc', { now: Date.now })

/**
 * Makes what shows one event after another to people: time, severity, category/action, description in one line, `-` for what
 * is not known. The details, cause and remedy of an error follow below it. A column keeps the greatest width it has needed.
 * @param wide Whether the id of an event is shown.
 */
export const eventPrinter = (
  output: Pick<Output, 'paint' | 'lineWidth'>,
  wide = false,
  { time = utc, highlight }: EventLook = {},
): ((event: MesheryEvent) => string) => {
  const { paint } = output
  const highlighted = (text: string): string =>
    changedAt(text, highlight?.rangesIn(text) ?? [], (part) => paint('inverse', part))
  let width = 20
  return (event) => {
    const { id, createdAt, severity, category, action, description } = event
    const known = orDash(severity)
    const subject = `${orDash(category)}/${orDash(action)}`
    width = Math.max(width, widthOf(subject))
    const line = [
      paint('dim', padded(time.exact(createdAt), time.width)),
      paint(looks.get(known), padded(known, 13)),
      padded(highlighted(subject), width),
      ...(wide ? [padded(orDash(id), 36)] : []),
      highlighted(orDash(description)),
    ].join('  ')
    return [line, ...errorLines(event, output.lineWidth).map((below) => paint('dim', highlighted(below)))].join('\n')
  }
}

const orDash = (text: string | null): string => oneLine(text ?? '') || '-'

/** The fields of an event's error, in lower case without underscores; and their labels. */
const parts = [
  ['longdescription', 'details:'],
  ['probablecause', 'cause:  '],
  ['suggestedremediation', 'remedy: '],
] as const

const indent = 4

/** What `--grep` and `--exclude` search: the texts of an event, each in a line of its own. */
export const textOf = ({ severity, category, action, description, metadata }: MesheryEvent): string => {
  const error = fieldOf(metadata, 'error')
  return [
    orDash(severity),
    `${orDash(category)}/${orDash(action)}`,
    orDash(description),
    ...parts.flatMap(([key]) => textsOf(fieldOf(error, key))),
  ].join('\n')
}

/** The content of `metadata.error` as lines: what is wrong, why, and what to do. */
function errorLines({ metadata, description }: MesheryEvent, room: number): readonly string[] {
  const error = fieldOf(metadata, 'error')
  return parts.flatMap(([key, label]) => {
    const texts = textsOf(fieldOf(error, key)).filter((text) => text !== oneLine(description ?? ''))
    const start = indent + label.length + 1
    const lines = texts.flatMap((text) => wrapped(text, Math.max(20, room - start)))
    return lines.map((line, at) => `${at === 0 ? `${' '.repeat(indent)}${label} ` : ' '.repeat(start)}${line}`)
  })
}

/** Releases spell `ProbableCause`, `probableCause` and `probable_cause`. */
function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name.replaceAll('_', '').toLowerCase() === key)?.[1]
}

const textsOf = (value: unknown): readonly string[] =>
  [value]
    .flat()
    .filter((one) => typeof one === 'string')
    .map(oneLine)
    .filter((text) => text !== '')
