import type { Transport } from './contract.ts'
import { GuardedSocket } from './guarded-socket.ts'

/** GraphQL subscriptions over `graphql-transport-ws`; Meshery has them up to about v1.0.50. */
export const websocket: Transport = {
  name: 'websocket',
  shared: true,
  connect: (server, timeouts) => new GuardedSocket(server, timeouts),
}
