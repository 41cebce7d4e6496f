import type { Transport } from '../transports/contract.ts'
import { polling as pollingOnly } from '../transports/polling.ts'
import { sse as sseOnly } from '../transports/sse.ts'
import { websocket as websocketOnly } from '../transports/websocket.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import { type HandedOver, TokenHandover } from './token-handover.ts'
import { watchTokenExpiry } from './token-renewal.ts'

/**
 * What keeps the operations of a transport on a connection whose token is valid. A transport that sends the token brings it along.
 * In a page that is the WebSocket alone, so a page without one does not download it.
 */
export interface TokenRenewal {
  /** Watches the token that a connection was dialled with. */
  readonly watch: typeof watchTokenExpiry
  /** Follows an operation, from one connection to the next. */
  follow(listener: ConnectionListener, join: (listener: ConnectionListener) => HandedOver): Joined
}

/** A transport, and how it gets a connection with another token. */
export interface RenewingTransport extends Transport {
  /** Absent where no token is sent. */
  readonly renewal?: TokenRenewal
}

export const tokenRenewal: TokenRenewal = {
  watch: watchTokenExpiry,
  follow: (listener, join) => new TokenHandover(listener, join),
}

/** The transport, with new connections before its token expires. */
const renewing = (transport: Transport): RenewingTransport => ({ ...transport, renewal: tokenRenewal })

/** GraphQL subscriptions over `graphql-transport-ws`; Meshery has them up to about v1.0.50. */
export const websocket: Transport = /* @__PURE__ */ renewing(websocketOnly)

/** Server-sent events. */
export const sse: Transport = /* @__PURE__ */ renewing(sseOnly)

/** Requests at intervals. */
export const polling: Transport = /* @__PURE__ */ renewing(pollingOnly)
