import { readFileSync } from 'node:fs'

/** The two ends of a connection on 127.0.0.1, seen from here. */
export interface LoopbackConnection {
  readonly localPort: number
  readonly remotePort: number
}

/** Where Linux lists connections: of IPv4, and of programs that write IPv4 addresses as IPv6. */
const tables = ['/proc/net/tcp', '/proc/net/tcp6'] as const

/** Linux writes 127.0.0.1 so, also at the end of `::ffff:127.0.0.1`. */
const loopback = '0100007F'
const established = '01'

const addressOf = (port: number): string => `${loopback}:${port.toString(16).toUpperCase().padStart(4, '0')}`

/**
 * The id of the user who opened a connection to this server, by such a table; undefined if the table does not have the connection.
 * @param table As `/proc/net/tcp`: after a line of titles, a line for each end of a connection.
 */
export function userIn(table: string, { localPort, remotePort }: LoopbackConnection): number | undefined {
  // The line of the other end: what is remote here is local there.
  const [own, other] = [addressOf(localPort), addressOf(remotePort)]
  for (const line of table.split('\n')) {
    // A busy machine has thousands of connections, and this one is rarely among the first: most lines are not taken apart.
    if (!line.includes(other)) continue
    const [, local = '', remote = '', state, , , , user] = line.trim().split(/\s+/)
    if (state === established && local.endsWith(other) && remote.endsWith(own)) return Number(user)
  }
  return undefined
}

/** The id of the user who opened a connection to this server; undefined where the system does not show it. */
export function userOfPeer(connection: LoopbackConnection): number | undefined {
  for (const path of tables) {
    const user = userIn(readTable(path), connection)
    if (user !== undefined) return user
  }
  return undefined
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or one that does not show it.
    return ''
  }
}

/** The users whose connections are accepted. */
export interface OwnUser {
  /** The user of this process; undefined where the system has no such ids. */
  readonly id: number | undefined
  /** The user who started it by `sudo`, whose browser it is for. */
  readonly sudoId: number | undefined
}

/** The user of this process. */
export const ownUser = (): OwnUser => {
  const { SUDO_UID: sudo } = process.env
  return { id: process.getuid?.(), sudoId: sudo === undefined ? undefined : Number(sudo) }
}

/** Whether another user opened the connection. Root may do everything anyway. */
export const isOtherUser = (peer: number | undefined, { id, sudoId }: OwnUser): boolean =>
  peer !== undefined && id !== undefined && ![id, 0].includes(peer) && !(id === 0 && peer === sudoId)
