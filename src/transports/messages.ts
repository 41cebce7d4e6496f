import { isRecord } from '../base/checks.ts'
import { parseJSON } from '../base/json.ts'

const types = ['next', 'error', 'complete', 'connection_ack', 'ping', 'pong'] as const

/** A message that a server sends, by the protocol `graphql-transport-ws`. */
export interface Message {
  readonly type: (typeof types)[number]
  /** Of which operation; not checked yet. */
  readonly id?: unknown
  /** Not checked yet, except for messages of the connection: there it is an object or absent. */
  readonly payload?: unknown
  /** The length of its text, in characters. */
  readonly textLength: number
}

/** Whether the message belongs to one operation, and not to the connection. */
export const isOfOperation = (type: Message['type']): boolean =>
  type === 'next' || type === 'error' || type === 'complete'

/** The message in a WebSocket frame, or what the frame is instead. */
export function readMessage(data: unknown): Message | string {
  if (typeof data !== 'string') return 'a frame that is no message'
  let value: unknown
  try {
    value = parseJSON(data)
  } catch {
    // Without the cause, which quotes the frame.
    return 'broken JSON'
  }
  if (!isRecord(value)) return 'a frame that is no message'
  const { id, payload } = value
  const type = types.find((known) => known === value['type'])
  if (!type) return 'a frame that is no message'
  // Without a payload there is none that is wrong.
  const isRight = isRecord(payload ?? value) || isOfOperation(type)
  if (!isRight) return `"${type}" with a payload that is no object`
  return { type, id, payload, textLength: data.length }
}

/** The answer to a ping, as text; undefined if its payload is too deep to be written. */
export function pongTo(payload: unknown): string | undefined {
  try {
    return JSON.stringify({ type: 'pong', payload })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
