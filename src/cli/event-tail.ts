import type { EventActions } from '../actions/index.ts'
import type { EventsArguments, MesheryEvent } from '../index.ts'

/** How many events `--tail` can begin with. */
export const mostTail = 10_000
/** How many stored events are looked through for those that match. */
export const mostLookedThrough = 10_000

/** From where to follow. */
export interface TailBeginning {
  readonly since: NonNullable<EventsArguments['since']>
  /** The ids of events that match and are stored at the same time as the first of the tail, but come before it. */
  readonly skipped: ReadonlySet<string>
}

/**
 * From where to follow, so that the newest `count` stored events that match come first. What is stored meanwhile comes after them.
 * @param filters Which events count.
 */
export async function tailBeginning(
  actions: Pick<EventActions, 'listEvents' | 'listAllEvents'>,
  count: number,
  filters: EventsArguments,
  signal: AbortSignal,
): Promise<TailBeginning> {
  const { events: newest } = await actions.listEvents({ pageSize: 1 }, { signal })
  const [first] = newest
  const matching = await newestMatching(actions, count, filters, signal)
  const inOrder = matching.toSorted(compareTimes)
  const before = inOrder.slice(0, -count)
  const [oldest] = inOrder.slice(-count)
  if (oldest === undefined) return { since: first ?? new Date(0), skipped: new Set() }
  return {
    since: new Date(msOf(oldest)),
    skipped: new Set(before.map(({ id }) => id).filter((id) => id !== null)),
  }
}

/** At least the newest `count` events that match, from the newest back; also all that are as old as the last of them. */
async function newestMatching(
  actions: Pick<EventActions, 'listAllEvents'>,
  count: number,
  { severity, category, action, status, actedUpon, where = () => true }: EventsArguments,
  signal: AbortSignal,
): Promise<readonly MesheryEvent[]> {
  const matching: MesheryEvent[] = []
  let left = mostLookedThrough
  for await (const event of actions.listAllEvents({ severity, category, action, status, actedUpon }, { signal })) {
    const last = matching[count - 1]
    if (left === 0 || (last !== undefined && msOf(event) < msOf(last))) break
    left--
    if (where(event)) matching.push(event)
  }
  return matching
}

/** Milliseconds since 1970, without what a server adds to them. */
const msOf = ({ createdAt }: MesheryEvent): number => Date.parse(createdAt ?? '') || 0

/** By their times; events of the same time stay as they are, which is the order in which they are followed. */
function compareTimes(one: MesheryEvent, other: MesheryEvent): number {
  const [a, b] = [one.createdAt ?? '', other.createdAt ?? '']
  if (msOf(one) !== msOf(other)) return msOf(one) - msOf(other)
  return Number(a > b) - Number(a < b)
}
