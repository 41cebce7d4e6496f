import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { waitUntil } from '../waiting.ts'
import { follow, gotInOrder, hasty } from './watching.ts'

interface Front {
  readonly url: string
  readonly fake: FakeMeshery
  /** When each request to the store came, in milliseconds. */
  readonly asked: number[]
  /** With what it answers requests to the store itself; 0: it passes them on. */
  status: number
}

/** A front end of a fake Meshery, which does not reach its store. */
async function frontOf(fake: FakeMeshery, finished: (close: () => Promise<void>) => void): Promise<Front> {
  const server = createServer((incoming, response) => {
    if (/events\?/.test(incoming.url ?? '')) {
      front.asked.push(performance.now())
      if (front.status > 0) return void response.writeHead(front.status).end('It is down')
    }
    const { method = 'GET', headers, url = '/' } = incoming
    const passed = request(new URL(url, fake.url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const front: Front = { url: `http://127.0.0.1:${port}`, fake, asked: [], status: 500 }
  finished(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return front
}

const since = new Date(0)

describe('a store that fails', () => {
  it('gets at most twelve requests a second from 100 subscriptions with `since`; all go on once it works', {
    tags: ['full'],
  }, async ({ onTestFinished }) => {
    await using fake = await startFakeMeshery({ seed: [{}, {}, {}] })
    const front = await frontOf(fake, onTestFinished)
    await using meshery = createMeshery({ ...hasty, url: front.url, transports: ['sse'] })
    const all = Array.from({ length: 100 }, () => follow(meshery, { since }))
    // Each one finds out by a request of its own that the store fails; what follows is in turn.
    await waitUntil(() => front.asked.length >= 140)
    const [from = 0, to = 0] = [front.asked[110], front.asked[139]]
    expect(to - from).toBeGreaterThan(2_200)
    front.status = 0
    for (const one of all) await gotInOrder(one, fake.events.rows)
    fake.events.add()
    for (const one of all) await gotInOrder(one, fake.events.rows)
  })
})
