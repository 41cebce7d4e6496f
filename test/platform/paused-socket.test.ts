import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { nodePlatform } from '../../src/platform/node.ts'

const immediates = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length

it('a socket that ends while it is paused leaves no work behind', async () => {
  const server = new WebSocketServer({ port: 0 })
  await once(server, 'listening')
  server.on('connection', (peer) => {
    for (let count = 0; count < 5_000; count++) peer.send('frame')
  })
  const { port } = server.address() as AddressInfo
  const socket = nodePlatform({ env: {} }).openSocket({
    url: `ws://127.0.0.1:${port}`,
    protocol: 'graphql-transport-ws',
    headers: {},
    maxPayload: 1_000_000,
    onAnswer: () => {},
  })
  await new Promise<void>((resolve) => {
    socket.onclose = () => resolve()
    socket.onmessage = () => {
      // Longer than a turn may take: the socket is paused.
      for (const until = performance.now() + 30; performance.now() < until; );
      socket.onmessage = null
      setImmediate(() => socket.terminate?.())
    }
  })
  for (let turns = 0; turns < 5; turns++) await sleep(10)
  expect(immediates()).toBe(0)
  server.close()
})
