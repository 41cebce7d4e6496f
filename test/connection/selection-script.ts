import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import { nextSelection } from '../../src/connection/fallback-policy.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import {
  type JoinedTransport,
  newSelection,
  type Selection,
  type SelectionAction,
  type SelectionEvent,
} from '../../src/connection/selection.ts'
import type { TransportName } from '../../src/transports/contract.ts'

const errorOf = (code: ErrorCode): MesheryError => new MesheryError(code, `${code} as scripted`, { phase: 'upgrade' })

/** What can happen to a joined transport. */
export type TransportEvent =
  | 'is dialled'
  | 'has trouble'
  | 'cannot deliver'
  | 'opens'
  | 'has a frame'
  | 'completes'
  | 'is unavailable'
  | 'lacks the document'
  | 'refuses the operation'
  | 'refuses the credentials'

/** The event of a selection that each of them is. */
export const transportEvents: Readonly<Record<TransportEvent, (id: number) => SelectionEvent>> = {
  'is dialled': (id) => ({ type: 'state', id, state: { ...idle, kind: 'connecting', attempt: 1 } }),
  'has trouble': (id) => ({
    type: 'state',
    id,
    state: { ...idle, kind: 'waiting', error: errorOf('CONNECTION_LOST') },
  }),
  'cannot deliver': (id) => ({ type: 'state', id, state: { ...idle, kind: 'waiting', error: errorOf('NOT_MESHERY') } }),
  opens: (id) => ({ type: 'open', id }),
  'has a frame': (id) => ({ type: 'frame', id }),
  completes: (id) => ({ type: 'end', id, error: undefined }),
  'is unavailable': (id) => ({ type: 'end', id, error: errorOf('TRANSPORT_UNAVAILABLE') }),
  'lacks the document': (id) => ({ type: 'end', id, error: errorOf('UNSUPPORTED') }),
  'refuses the operation': (id) => ({ type: 'end', id, error: errorOf('GRAPHQL_ERROR') }),
  'refuses the credentials': (id) => ({ type: 'end', id, error: errorOf('CREDENTIALS_REFUSED') }),
}

/** A selection that a test leads through events. */
export class SelectionScript {
  selection: Selection
  #now = 1_000_000

  constructor(order: readonly TransportName[] = ['websocket', 'sse', 'polling']) {
    const fixed = { order, stream: { name: 'rows', since: 'v0.6' }, variants: 2, firstByte: 20_000 }
    this.selection = newSelection(fixed, 0)
  }

  apply(event: SelectionEvent): this {
    this.selection = nextSelection(this.selection, event, this.#now)
    return this
  }

  start(): this {
    return this.apply({ type: 'start' })
  }

  /** Applies events of the current transport, or of the candidate. */
  on(place: 'current' | 'candidate', ...events: readonly TransportEvent[]): this {
    for (const event of events) {
      const joined = this.selection[place]
      if (!joined) throw new Error(`there is no ${place}`)
      this.apply(transportEvents[event](joined.id))
    }
    return this
  }

  pass(ms: number): this {
    this.#now += ms
    return this.apply({ type: 'time' })
  }
}

/** `+`: open. `!`: proven. `?`: open, and not reported yet. */
const shownTransport = ({ transport, isOpen, isProven, provenAt }: JoinedTransport): string => {
  if (isProven) return `${transport}!`
  if (provenAt !== undefined) return `${transport}?`
  return isOpen ? `${transport}+` : transport
}

/** A selection in a few words. */
export const shown = ({ current, candidate, due }: Selection): string => {
  const parts = [
    current && shownTransport(current),
    candidate && `candidate ${shownTransport(candidate)}`,
    due?.settledOn && `settled on ${due.settledOn}`,
  ]
  return parts.filter((part) => part !== undefined).join(', ') || 'none'
}

export const shownAction = (action: SelectionAction): string => {
  switch (action.type) {
    case 'join':
      return `join ${action.transport}`
    case 'leave':
      return 'leave'
    case 'state':
      return `report ${action.state.kind}`
    case 'open':
      return `report ${action.transport} open`
    case 'end':
      return `report ${action.error.code}`
    default:
      return action.type
  }
}
