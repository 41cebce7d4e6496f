import { isRecord } from '../base/checks.ts'
import { parseJSON } from '../base/json.ts'
import { events, type MesheryEvent } from '../streams/events.ts'
import { isDerivedId } from './derived-id.ts'
import type { MessagePlace } from './stream-position.ts'

/** A message of a stream. */
export interface StreamMessage extends MessagePlace {
  readonly subject: string
  /** Its header `Nats-Msg-Id`. */
  readonly id: string | null
  readonly data: Uint8Array
  /** How many messages of the stream come after it. */
  readonly pending: number
}

/** The event in a message that a relay wrote, as JSON or as a CloudEvent; undefined if there is none. */
export function eventIn({ data }: Pick<StreamMessage, 'data'>): MesheryEvent | undefined {
  const value = parse(data)
  const wire = isRecord(value) && 'specversion' in value ? value['data'] : value
  const event = events.item(wire, 'store')
  if (!event) return undefined
  // A relay gives an id to an event without a row, so that a receiver can drop doubles.
  const { id } = event
  const item = id !== null && isDerivedId(id) ? { ...event, id: null } : event
  return [item.id, ...events.traits(item)].some((one) => one !== null) ? item : undefined
}

function parse(data: Uint8Array): unknown {
  try {
    return parseJSON(new TextDecoder().decode(data))
  } catch {
    // What is no JSON is no event, which the caller reports.
    return undefined
  }
}
