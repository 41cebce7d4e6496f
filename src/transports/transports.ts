import type { Transport, TransportName } from './contract.ts'
import { polling } from './polling.ts'
import { sse } from './sse.ts'
import { websocket } from './websocket.ts'

/** Every transport by its name. */
export const transports: Readonly<Record<TransportName, Transport>> = { websocket, sse, polling }
