import { TcpConnections } from '../src/testing/network/tcp-connections.ts'

/** A port of 127.0.0.1 at which nothing listens until the test starts something there. */
export interface ReservedPort extends Disposable {
  readonly port: number
  readonly url: string
}

/**
 * Reserves a port: no other server of the tests and no outgoing connection takes it, until it is disposed of. The port of a server
 * that was closed is different: another test may get it at once.
 */
export async function reservePort(): Promise<ReservedPort> {
  const connections = new TcpConnections('127.0.0.1', (socket) => socket.destroy())
  await connections.open(0)
  connections.refuse()
  await connections.destroyAll()
  const { port } = connections
  return { port, url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => connections.unlock() }
}
