import type { MesheryError, Status } from '../../src/browser.ts'
import { failureText } from './failure-text.ts'
import { clockTime } from './time-text.ts'

/** How a state of the connection is shown. */
export interface ConnectionText {
  readonly tone: 'good' | 'busy' | 'bad'
  readonly word: string
  /** Why, and what comes next; while it polls, what blocks a better transport. Empty while all is well. */
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

/** Whether something can be done about what blocks a better transport: not if the release does not have it. */
const isRemovable = ({ code, details }: MesheryError): boolean =>
  code !== 'UNSUPPORTED' && details['permanent'] !== true

/** The words for the status of the connection. */
export function connectionText(status: Status | null): ConnectionText {
  if (!status) return { tone: 'busy', word: 'Connecting', detail: '' }
  const { state, transport, reason, nextRetryAt } = status
  const { tone, word } = words[state]
  if (state === 'live' && transport)
    return { tone, word: `${word} over ${transports[transport] ?? transport}`, detail: '' }
  if (state === 'polling')
    return { tone, word, detail: reason && isRemovable(reason) ? failureText(reason).reason : '' }
  // A panel shows what has failed for good, and what to do.
  if (tone !== 'bad' || state === 'failed') return { tone, word, detail: '' }
  const next = nextRetryAt ? `Next try at ${clockTime(nextRetryAt.getTime())}.` : ''
  return { tone, word, detail: [reason && failureText(reason).reason, next].filter(Boolean).join(' ') }
}
