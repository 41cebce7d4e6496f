const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' })

const readMs = (time: string | number): number => (typeof time === 'number' ? time : Date.parse(time))

/** The local time of the day, such as `12:03:59`. */
export function clockTime(time: string | number): string {
  const ms = readMs(time)
  return Number.isNaN(ms) ? '' : clock.format(ms)
}

const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** The local hour and minute, such as `12:03`. */
export const minuteText = (ms: number): string => minute.format(ms)

/** The local day, such as `29 Nov 2026`. */
export function dayText(time: string | number): string {
  const ms = readMs(time)
  return Number.isNaN(ms) ? '' : day.format(ms)
}

const shortDay = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short' })

/**
 * The local time of a row: of today with its seconds, else with its day, such as `28 Nov 12:03`.
 * @param today The text of the day that it is.
 */
export const rowTime = (ms: number, today: string): string =>
  dayText(ms) === today ? clockTime(ms) : `${shortDay.format(ms)} ${minuteText(ms)}`

/** The local day and time; of today only the time. Empty if it is no time. */
export function timeText(time: string | number, nowMs: number = Date.now()): string {
  const date = dayText(time)
  if (date === '') return ''
  return date === dayText(nowMs) ? clockTime(time) : `${date}, ${clockTime(time)}`
}

const numbers = new Intl.NumberFormat('en')

/** A number with separators, such as `20,000`. */
export const numberText = (value: number): string => numbers.format(value)

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 0 })

/** About how many, in at most four characters, such as `950` and `20K`. */
export const compactText = (value: number): string => compact.format(value)

/** A count and its noun, such as `1 event` and `20,000 events`. */
export const countText = (count: number, noun: string): string =>
  `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`

/** The text with a period at its end, which the messages of errors do not have. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
