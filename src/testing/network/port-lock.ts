import { createSocket } from 'node:dgram'

/** A port that belongs to one fake, whether it listens or not. */
export interface PortLock {
  release(): void
}

/**
 * Locks a port for one fake on this machine: a UDP socket holds the number. So no fake, of whatever process, chooses the port of one
 * that is stopped. Resolves with undefined when it cannot be locked, most likely because another fake has it.
 */
export function lockPort(port: number, host: string): Promise<PortLock | undefined> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
  // A stopped fake does not keep its process alive.
  socket.unref()
  return new Promise((resolve) => {
    // What is wrong with a host is reported by the listener, which has it too.
    socket.once('error', () => {
      socket.close()
      resolve(undefined)
    })
    socket.bind({ port, address: host, exclusive: true }, () => resolve({ release: () => socket.close() }))
  })
}
