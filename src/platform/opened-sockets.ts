import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'

const opener = new AsyncLocalStorage<Set<Socket>>()

/**
 * Does the work; if it fails, destroys the sockets that it opened. For packages that leave them open: a connection to a server
 * that accepts it and stays silent would otherwise last as long as the server.
 */
export async function closingSocketsOnFailure<T>(work: () => Promise<T>): Promise<T> {
  const opened = new Set<Socket>()
  const remember = (message: unknown): void => {
    const isOurs = opener.getStore() === opened
    if (isOurs && typeof message === 'object' && message !== null && 'socket' in message) {
      if (message.socket instanceof Socket) opened.add(message.socket)
    }
  }
  subscribe('net.client.socket', remember)
  try {
    return await opener.run(opened, work)
  } catch (error) {
    for (const socket of opened) socket.destroy()
    throw error
  } finally {
    unsubscribe('net.client.socket', remember)
  }
}
