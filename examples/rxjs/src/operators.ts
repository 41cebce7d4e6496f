import type { MesheryEvent } from 'meshery-live'
import { bufferTime, filter, groupBy, map, mergeMap, type OperatorFunction, pipe, scan, throttleTime } from 'rxjs'

const severe = new Set<string | null>(['error', 'critical', 'alert', 'emergency'])

/** How many events there were of each severity, at most four times a second. */
export const summaries = (): OperatorFunction<MesheryEvent, string> =>
  pipe(
    scan((counts, { severity }) => {
      const name = severity ?? 'unknown'
      return new Map(counts).set(name, (counts.get(name) ?? 0) + 1)
    }, new Map<string, number>()),
    throttleTime(250, undefined, { leading: true, trailing: true }),
    map((counts) => [...counts].map(([severity, count]) => `${count} ${severity}`).join(', ')),
  )

/** One line for all problems of a category within a second. */
export const problems = (): OperatorFunction<MesheryEvent, string> =>
  pipe(
    filter(({ severity }) => severe.has(severity)),
    groupBy(({ category }) => category),
    mergeMap((group) =>
      group.pipe(
        bufferTime(1_000),
        filter((events) => events.length > 0),
        map((events) => `${events.length} problems of ${group.key}, the last one: ${events.at(-1)?.description}`),
      ),
    ),
  )
