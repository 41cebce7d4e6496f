import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { isOtherUser, userIn, userOfPeer } from '../../src/dashboard/peer-user.ts'

/** What Linux shows while user 1000 is connected from port 40000 to port 8099, and user 33 from port 40001. */
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1FA3 00000000:0000 0A 00000000:00000000 00:00000000 00000000   500        0 1 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:1FA3 06 00000000:00000000 03:00000100 00000000     0        0 0 3 0
   2: 0100007F:1FA3 0100007F:9C40 01 00000000:00000000 00:00000000 00000000   500        0 2 1 0 20 4 30 10 -1
   3: 0A00000A:9C40 0100007F:1FA3 01 00000000:00000000 00:00000000 00000000    77        0 3 1 0 20 4 30 10 -1
   4: 0100007F:9C40 0100007F:1FA3 01 00000000:00000000 00:00000000 00000000  1000        0 4 1 0 20 4 30 10 -1
   5: 0000000000000000FFFF00000100007F:9C41 0000000000000000FFFF00000100007F:1FA3 01 00000000:00000000 00:00000000 00000000    33        0 5
`

test.each([
  [40_000, 1000],
  [40_001, 33],
  [40_002, undefined],
])('the user of a connection from port %i is %s', (remotePort, user) => {
  expect(userIn(table, { localPort: 8_099, remotePort })).toBe(user)
  expect(userIn('', { localPort: 8_099, remotePort })).toBeUndefined()
})

test.each([
  [1000, { id: 1000, sudoId: undefined }, false],
  [33, { id: 1000, sudoId: undefined }, true],
  [33, { id: 0, sudoId: undefined }, true],
  [1000, { id: 0, sudoId: 1000 }, false],
  [33, { id: 0, sudoId: 1000 }, true],
  [1000, { id: 33, sudoId: 1000 }, true],
  [0, { id: 1000, sudoId: undefined }, false],
  [undefined, { id: 1000, sudoId: undefined }, false],
  [1000, { id: undefined, sudoId: undefined }, false],
])('a connection of user %s to a dashboard of %j is of another user: %s', (peer, own, isOther) => {
  expect(isOtherUser(peer, own)).toBe(isOther)
})

test('the system names the user of this process, where it is Linux', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const client = connect(port, '127.0.0.1')
  const [socket]: Socket[] = await once(server, 'connection')
  const shown = userOfPeer({ localPort: socket?.localPort ?? 0, remotePort: socket?.remotePort ?? 0 })
  expect(shown).toBe(process.platform === 'linux' ? process.getuid?.() : undefined)
  client.destroy()
  server.close()
})
