import type { Status } from '../../src/browser.ts'
import { clockTime, sentence } from './time-text.ts'

/** How a state of the connection is shown. */
export interface ConnectionText {
  readonly tone: 'good' | 'busy' | 'bad'
  readonly word: string
  /** Why, and what comes next; empty while all is well. */
  readonly detail: string
}

const words: Readonly<Record<Status['state'], Omit<ConnectionText, 'detail'>>> = {
  live: { tone: 'good', word: 'Live' },
  polling: { tone: 'good', word: 'Polling' },
  connecting: { tone: 'busy', word: 'Connecting' },
  waiting: { tone: 'bad', word: 'Disconnected' },
  failed: { tone: 'bad', word: 'Failed' },
  closed: { tone: 'bad', word: 'Closed' },
}

const transports: Readonly<Partial<Record<string, string>>> = { websocket: 'WebSocket', sse: 'SSE' }

/** The words for the status of the connection. */
export function connectionText(status: Status | null): ConnectionText {
  if (!status) return { tone: 'busy', word: 'Connecting', detail: '' }
  const { state, transport, reason, nextRetryAt } = status
  const { tone, word } = words[state]
  if (state === 'live' && transport)
    return { tone, word: `${word} over ${transports[transport] ?? transport}`, detail: '' }
  if (tone !== 'bad') return { tone, word, detail: '' }
  const next = nextRetryAt ? `Next try at ${clockTime(nextRetryAt.getTime())}.` : ''
  return { tone, word, detail: [reason && sentence(reason.message), next].filter(Boolean).join(' ') }
}
