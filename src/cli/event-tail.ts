import type { EventActions } from '../actions/index.ts'
import type { EventsArguments, MesheryEvent } from '../index.ts'

/** How many events `--tail` can begin with. */
export const mostTail = 10_000
/** How many stored events are looked through for those that match. */
export const mostLookedThrough = 10_000

/**
 * From where to follow, so that the newest `count` stored events that match come first: an event that they come after, or a
 * time. What is stored meanwhile comes after them.
 * @param filters Which events count.
 */
export async function tailBeginning(
  actions: Pick<EventActions, 'listEvents' | 'listAllEvents'>,
  count: number,
  { severity, category, action, status, actedUpon, where }: EventsArguments,
  signal: AbortSignal,
): Promise<NonNullable<EventsArguments['since']>> {
  const {
    events: [newest],
  } = await actions.listEvents({ pageSize: 1 }, { signal })
  const storeBegin = new Date(0)
  if (newest === undefined) return storeBegin
  let oldest: MesheryEvent | undefined
  let [matching, looked] = [0, 0]
  for await (const event of actions.listAllEvents({ severity, category, action, status, actedUpon }, { signal })) {
    looked++
    if (looked > mostLookedThrough) return event
    if (where?.(event) === false) continue
    if (matching === count) return event
    matching++
    oldest = event
  }
  if (oldest === undefined) return newest
  return oldest.createdAt === null ? storeBegin : new Date(oldest.createdAt)
}
