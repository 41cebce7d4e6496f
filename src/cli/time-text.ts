import type { Option } from 'commander'
import type { CommandContext } from './context.ts'
import { type OptionValues, readChoice, underHeading, valueOption } from './option-values.ts'

/** How times are printed. */
export const timeStyles = ['local', 'utc', 'relative', 'short'] as const
export type TimeStyle = (typeof timeStyles)[number]

/** Prints times in one style. */
export interface TimeText {
  /** The columns of a time with milliseconds. */
  readonly width: number
  /** A time with milliseconds, where the style has them; `-` for what is not known or no time. */
  exact(time: string | null): string
  /** The same to the second. */
  brief(time: string | null): string
}

/** What the styles need. */
export interface TimeSettings {
  /** The time in milliseconds since 1970. */
  now(): number
  /** Such as `Europe/Berlin`. Default: that of the process. */
  readonly timeZone?: string | undefined
}

/** For a command that prints times. */
export const timeOptions = (): readonly Option[] =>
  underHeading('Output', [
    valueOption(
      '--time <STYLE>',
      'local: with the offset from UTC (default on a terminal); utc (default elsewhere); short: local, without year; relative: such as 5m ago, by the clock of this machine',
      timeStyles,
    ),
  ])

/**
 * How times are printed on stdout: as the option says.
 * @throws MesheryError INVALID_OPTION
 */
export const readTimeText = (values: OptionValues, { stdout, env, now }: CommandContext): TimeText => {
  const given = values.text('time')
  const usual: TimeStyle = stdout.isTerminal ? 'local' : 'utc'
  return timeTextBy(given === undefined ? usual : readChoice('time', given, timeStyles), { now, timeZone: env['TZ'] })
}

export const timeTextBy = (style: TimeStyle, settings: TimeSettings): TimeText => {
  const { width, exact, brief = exact } = styles[style](settings)
  const known =
    (text: (time: Date) => string) =>
    (time: string | null): string =>
      time === null || Number.isNaN(Date.parse(time)) ? '-' : text(new Date(time))
  return { width, exact: known(exact), brief: known(brief) }
}

/** One style. */
interface Style {
  readonly width: number
  exact(time: Date): string
  /** Default: as `exact`. */
  brief?(time: Date): string
}

const styles: Readonly<Record<TimeStyle, (settings: TimeSettings) => Style>> = {
  utc: () => ({
    width: 24,
    exact: (time) => time.toISOString(),
    brief: (time) => `${time.toISOString().slice(0, 19)}Z`,
  }),
  local({ timeZone }) {
    const partsOf = localParts(timeZone)
    const text = (time: Date, milliseconds: string): string => {
      const { date, clock, offset } = partsOf(time)
      return `${date}T${clock}${milliseconds}${offset}`
    }
    return {
      width: 29,
      exact: (time) => text(time, time.toISOString().slice(19, 23)),
      brief: (time) => text(time, ''),
    }
  },
  short({ timeZone }) {
    const partsOf = localParts(timeZone)
    return {
      width: 14,
      exact(time) {
        const { date, clock } = partsOf(time)
        return `${date.slice(5)} ${clock}`
      },
    }
  },
  relative: ({ now }) => ({ width: 8, exact: (time) => agoText(now() - time.getTime()) }),
}

interface LocalParts {
  /** YYYY-MM-DD */
  readonly date: string
  /** hh:mm:ss */
  readonly clock: string
  /** Such as +02:00. */
  readonly offset: string
}

function localParts(timeZone: string | undefined): (time: Date) => LocalParts {
  const format = localFormat(timeZone)
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]))
    const [year, month, day, hour, minute, second] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map((type) => parts.get(type) ?? '')
    // UTC has the name GMT, without an offset.
    const offset = (parts.get('timeZoneName') ?? '').replace('GMT', '').replace('\u2212', '-') || '+00:00'
    return { date: `${year}-${month}-${day}`, clock: `${hour}:${minute}:${second}`, offset }
  }
}

function localFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  const fields: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  }
  try {
    return new Intl.DateTimeFormat('en-US', { ...fields, timeZone: timeZone === '' ? undefined : timeZone })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // TZ may also be a rule or a file, which only the system can read.
    return new Intl.DateTimeFormat('en-US', fields)
  }
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** A time in the future is one of another clock. */
function agoText(ms: number): string {
  const [unit, unitMs] = units.find(([, one]) => ms >= one) ?? ['s', 1_000]
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit} ago`
}
