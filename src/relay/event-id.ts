import { createHash } from 'node:crypto'
import { derivedIdPrefix } from '../nats/derived-id.ts'
import type { MesheryEvent } from '../streams/events.ts'

/**
 * The id of an event that was delivered without a row: `push-` and 128 bits of a SHA-256 over what its push says of it, times
 * excepted, since the server pushes the moment of delivery for them. Two relays derive the same id. If an equal event was
 * sent lately, `-2`, `-3` and so on follow: a receiver that drops doubles must not drop an event.
 * @param isSent Whether an event with this id was sent lately.
 */
export function derivedId(event: MesheryEvent, isSent: (id: string) => boolean): string {
  const { userID, actedUpon, operationID, systemID, severity, action, category, description, metadata } = event
  const facts = [userID, actedUpon, operationID, systemID, severity, action, category, description, sorted(metadata)]
  const digest = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)
  const first = `${derivedIdPrefix}${digest}`
  let id = first
  for (let count = 2; isSent(id); count++) id = `${first}-${count}`
  return id
}

/** The order of keys may differ between transports. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, sorted(each)])
}
