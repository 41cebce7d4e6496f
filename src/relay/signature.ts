import { createHmac } from 'node:crypto'

/** What is signed. */
export interface Signed {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string
}

/**
 * The headers of Standard Webhooks 1.0: id, time, and an HMAC-SHA256 over `id.timestamp.body`. Without a secret: the id and
 * the time, by which a receiver recognizes doubles.
 * @param secret `whsec_` and base64, or any other text, whose UTF-8 bytes are the key.
 */
export function webhookHeaders({ id, timestamp, body }: Signed, secret?: string): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) }
  if (secret === undefined) return headers
  const digest = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${digest}` }
}

const prefix = 'whsec_'

const keyOf = (secret: string): Buffer =>
  secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.from(secret, 'utf8')
