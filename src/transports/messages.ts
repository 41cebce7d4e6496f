import { isRecord } from '../base/checks.ts'
import { parseJSON } from '../base/json.ts'

/** A message that a server sends, by the protocol `graphql-transport-ws`. */
export interface Message {
  readonly type: (typeof types)[number]
  /** Not checked yet: whose it is. */
  readonly id?: unknown
  /** Not checked yet, but for messages about the connection, where it is an object or absent. */
  readonly payload?: unknown
  /** The length of its text, in characters. */
  readonly textLength: number
}

const types = ['next', 'error', 'complete', 'connection_ack', 'ping', 'pong'] as const

/** Whether such a message belongs to one operation, and not to the connection. */
export const isOfOperation = (type: Message['type']): type is 'next' | 'error' | 'complete' =>
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
  const type = isRecord(value) ? types.find((one) => one === value['type']) : undefined
  if (!isRecord(value) || !type) return 'a frame that is no message'
  const { id, payload } = value
  const hasPayload = payload !== undefined && payload !== null
  if (hasPayload && !isRecord(payload) && !isOfOperation(type)) return `"${type}" with a payload that is no object`
  return { type, id, payload, textLength: data.length }
}

/** The answer to a ping, as text; undefined when its payload is too deep to be written. */
export function pongTo(payload: unknown): string | undefined {
  try {
    return JSON.stringify({ type: 'pong', payload })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
