import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, someClaims } from '../sample.ts'
import { waitUntil } from '../waiting.ts'
import { follow, gotInOrder, hasty, isLive } from './watching.ts'

interface Front extends AsyncDisposable {
  readonly url: string
  readonly fake: FakeMeshery
  /** When each request to the store came, in milliseconds. */
  readonly asked: number[]
  /** With what it answers requests to the store itself; 0: it passes them on. */
  status: number
  /** The headers of that answer. */
  headers: Readonly<Record<string, string>>
}

/** A front end of a fake Meshery, which does not reach its store. */
async function frontOf(fake: FakeMeshery): Promise<Front> {
  const server = createServer((incoming, response) => {
    if (/(events|contexts)\?/.test(incoming.url ?? '')) {
      front.asked.push(performance.now())
      if (front.status > 0) return void response.writeHead(front.status, front.headers).end('It is down')
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
  const front: Front = {
    url: `http://127.0.0.1:${port}`,
    fake,
    asked: [],
    status: 0,
    headers: {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  return front
}

const since = new Date(0)

describe.concurrent('a store that fails', () => {
  it.each([500, 401])(
    'with %i gets at most twelve requests a second from 100 subscriptions with `since`; all go on once it works',
    { tags: ['full'] },
    async (status) => {
      await using fake = await startFakeMeshery({ seed: [{}, {}, {}] })
      await using front = await frontOf(fake)
      await using meshery = createMeshery({ ...hasty, url: front.url, transports: ['sse'] })
      // Credentials that are refused from the beginning end every subscription.
      if (status === 401) await isLive(follow(meshery))
      front.asked.length = 0
      front.status = status
      const all = Array.from({ length: 100 }, () => follow(meshery, { since }))
      // Each one finds out by a request of its own that the store fails; what follows is in turn.
      await waitUntil(() => front.asked.length >= 170)
      const [from = 0, to = 0] = [front.asked[110], front.asked[169]]
      expect(to - from).toBeGreaterThan(4_500)
      front.status = 0
      for (const one of all) await gotInOrder(one, fake.events.rows)
      fake.events.add()
      for (const one of all) await gotInOrder(one, fake.events.rows)
    },
  )

  describe('with answers in another encoding than they say, again and again', () => {
    const broken = async (fake: FakeMeshery): Promise<Front> => {
      const front = await frontOf(fake)
      front.headers = { 'content-encoding': 'gzip' }
      front.status = 200
      return front
    }
    const fails = async (front: Front): Promise<void> => {
      const { length } = front.asked
      await waitUntil(() => front.asked.length >= length + (isFull ? 5 : 3))
      front.status = 0
    }

    someClaims(1, 'another encoding', (it) => {
      it('ends no subscription that begins meanwhile', async () => {
        await using fake = await startFakeMeshery({ seed: [{}, {}, {}] })
        await using front = await broken(fake)
        await using meshery = createMeshery({ ...hasty, url: front.url })
        const one = follow(meshery)
        const earlier = follow(meshery, { since })
        await fails(front)
        await isLive(one)
        const added = fake.events.add()
        await gotInOrder(one, [added])
        await gotInOrder(earlier, fake.events.rows)
      })

      it('ends no subscription that reads the store by itself', async () => {
        await using fake = await startFakeMeshery({ seed: [{}, {}, {}] })
        await using front = await broken(fake)
        front.status = 0
        await using meshery = createMeshery({ ...hasty, url: front.url })
        const one = follow(meshery)
        await isLive(one)
        front.status = 200
        const earlier = follow(meshery, { since })
        await fails(front)
        await gotInOrder(earlier, fake.events.rows)
      })

      it('ends no state that is read', async () => {
        await using fake = await startFakeMeshery()
        fake.contexts.add({ name: 'kind' })
        await using front = await broken(fake)
        await using meshery = createMeshery({ ...hasty, url: front.url })
        const contexts = meshery.subscribeK8sContext({ all: true })
        await fails(front)
        await contexts.ready
        expect(contexts.current?.contexts.map(({ name }) => name)).toEqual(['kind'])
      })
    })
  })
})
