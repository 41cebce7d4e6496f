import { isProblem } from './severity.ts'

/** How many events came in a minute. */
export interface MinuteCount {
  readonly events: number
  /** Those that are errors or worse. */
  readonly problems: number
}

/** By minutes since 1970. */
export type MinuteCounts = ReadonlyMap<number, MinuteCount>

/** How many minutes are shown. */
export const shownMinutes = 60

const minuteMs = 60_000

/** Counts an event in its minute. */
export function countMinute(minutes: Map<number, MinuteCount>, severity: string | null, atMs: number): void {
  const minute = Math.floor(atMs / minuteMs)
  const { events, problems } = minutes.get(minute) ?? { events: 0, problems: 0 }
  minutes.set(minute, { events: events + 1, problems: problems + (isProblem(severity) ? 1 : 0) })
}

/** The minutes that are shown now. Clocks may differ by a few minutes. */
export function recentMinutes(minutes: MinuteCounts, nowMs: number): MinuteCounts {
  const last = Math.floor(nowMs / minuteMs)
  return new Map([...minutes].filter(([minute]) => minute > last - shownMinutes && minute <= last + 5))
}

/** The last hour as columns: the beginning of each minute in seconds, its events, its problems. */
export function minuteColumns(minutes: MinuteCounts, nowMs: number): [number[], number[], number[]] {
  const last = Math.floor(nowMs / minuteMs)
  const shown = Array.from({ length: shownMinutes }, (_, index) => last - shownMinutes + 1 + index)
  return [
    shown.map((minute) => minute * 60),
    shown.map((minute) => minutes.get(minute)?.events ?? 0),
    shown.map((minute) => minutes.get(minute)?.problems ?? 0),
  ]
}
