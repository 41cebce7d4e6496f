import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { startFakeMeshery } from '../src/testing/index.ts'
import { reservePort } from './reserve-port.ts'

test('a reserved port refuses connections, until something listens there', async () => {
  using reserved = await reservePort()
  await expect(fetch(reserved.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  const server = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
  await once(server.listen(reserved.port, '127.0.0.1'), 'listening')
  expect((await fetch(reserved.url)).status).toBe(204)
  server.close()
})

test('neither a fake nor another test takes a reserved port, until it is disposed of', async () => {
  using random = vi.spyOn(Math, 'random')
  const others = [0.5, 0.6]
  let port = 0
  {
    random.mockReturnValueOnce(0.4)
    using reserved = await reservePort()
    port = reserved.port
    for (const [index, take] of [reservePort, startFakeMeshery].entries()) {
      random.mockReturnValueOnce(0.4).mockReturnValueOnce(others[index] ?? 0)
      const other = await take()
      expect(other.port).not.toBe(port)
      await (Symbol.dispose in other ? other[Symbol.dispose]() : other.close())
    }
  }
  random.mockReturnValueOnce(0.4)
  await using fake = await startFakeMeshery()
  expect(fake.port).toBe(port)
})
