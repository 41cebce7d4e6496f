import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createMeshery, type MesheryOptions } from '../../src/index.ts'
import { isFull, sampled } from '../sample.ts'
import { waitUntil } from '../waiting.ts'

interface Asked {
  readonly what: string
  readonly at: number
}

type Finished = (close: () => Promise<void>) => void

const nameOf = ({ method, url = '', headers }: IncomingMessage): string => {
  if (headers.upgrade) return 'upgrade'
  if (headers.accept === 'text/event-stream') return 'sse'
  if (method === 'POST') return 'graphql'
  return new URL(url, 'http://x').pathname === '/api/providers' ? 'discovery' : 'read'
}

/** A server that answers requests of these kinds with the status, and all others with an empty page; it records the requests. */
async function busy(status: 429 | 503, kinds: readonly string[], after: () => string, finished: Finished) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const what = nameOf(request)
    asked.push({ what, at: performance.now() })
    if (kinds.includes(what)) response.writeHead(status, { 'retry-after': after() }).end()
    else if (what === 'read') response.end(JSON.stringify({ events: [], total_count: 0, contexts: [] }))
    else response.writeHead(404).end()
  })
  server.on('upgrade', (_, socket) => {
    asked.push({ what: 'upgrade', at: performance.now() })
    const refused = kinds.includes('upgrade')
    const retry = refused ? `Retry-After: ${after()}\r\n` : ''
    socket.end(`HTTP/1.1 ${refused ? status : 400} No\r\n${retry}Content-Length: 0\r\nConnection: close\r\n\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  finished(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return { url: `http://127.0.0.1:${port}`, asked }
}

const seconds = (): string => '3600'
const date = (): string => new Date(Date.now() + 3_600_000).toUTCString()

/** Longer than the first waits between two tries: in `npm test` than the first two. */
const waitMs = isFull ? 4_500 : 2_200

async function follow(
  url: string,
  options: Partial<MesheryOptions>,
  state: boolean,
  finished: Finished,
): Promise<void> {
  const client = createMeshery({ url, provider: 'None', ...options })
  finished(() => client.close())
  const subscription = state ? client.subscribeK8sContext() : client.subscribeEvents()
  subscription.ready.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, waitMs))
}

const refusals: readonly [string, readonly string[], Partial<MesheryOptions>, boolean][] = [
  ['to reads of the store', ['read'], { transports: ['polling'] }, false],
  ['to reads of a state', ['read'], { transports: ['polling'] }, true],
  ['to the SSE dial', ['sse'], { transports: ['sse'] }, false],
  ['to the upgrade', ['upgrade'], { transports: ['websocket'] }, false],
  ['to the upgrade for a state', ['upgrade'], { transports: ['websocket'] }, true],
]

describe.concurrent.each([
  ['429 with seconds', 429, seconds],
  ['429 with a date', 429, date],
  ['503 with seconds', 503, seconds],
  ['503 with a date', 503, date],
] as const)('a %s', (_, status, after) => {
  it.for(sampled(refusals, 2))(
    '%s is obeyed: one request is sent',
    async ([, kinds, options, state], { onTestFinished }) => {
      const { url, asked } = await busy(status, kinds, after, onTestFinished)
      await follow(url, options, state, onTestFinished)
      // A store has two paths, of which each may be busy.
      expect(asked.filter(({ what }) => kinds.includes(what)).length).toBeLessThanOrEqual(2)
    },
  )
})

describe.concurrent('a server that is too busy to list its providers', () => {
  it.for([
    ['429', seconds],
    ['429', date],
    ['503', seconds],
    ['503', date],
  ] as const)('by a %s is asked for them once until then', async ([status, after], { onTestFinished }) => {
    const { url, asked } = await busy(status === '429' ? 429 : 503, ['discovery'], after, onTestFinished)
    await follow(url, { provider: undefined, token: '' }, false, onTestFinished)
    expect(asked.filter(({ what }) => what === 'discovery')).toHaveLength(1)
  })

  it('receives no other request until then after a 429', async ({ onTestFinished }) => {
    const { url, asked } = await busy(429, ['discovery'], seconds, onTestFinished)
    await follow(url, { provider: undefined, token: '' }, false, onTestFinished)
    expect(asked.map(({ what }) => what)).toEqual(['discovery'])
  })

  it('receives the request again afterwards', async ({ onTestFinished }) => {
    const { url, asked } = await busy(429, ['discovery'], () => '1', onTestFinished)
    await follow(url, { provider: undefined, token: '' }, false, onTestFinished)
    await waitUntil(() => asked.length >= 2)
  })
})

describe.concurrent('a 429', () => {
  it.for(['upgrade', 'read', 'sse'])(
    'to one kind of request (%s) holds for every kind; to an upgrade, for every dial',
    async (kind, { onTestFinished }) => {
      const { url, asked } = await busy(429, [kind], seconds, onTestFinished)
      await follow(url, { transports: ['websocket', 'sse', 'polling'] }, false, onTestFinished)
      const refused = asked.findIndex(({ what }) => what === kind)
      expect(refused).toBeGreaterThanOrEqual(0)
      const later = asked.slice(refused + 1).map(({ what }) => what)
      expect(later.filter((what) => kind !== 'upgrade' || what !== 'read')).toEqual([])
    },
  )

  it('ends with its time', async ({ onTestFinished }) => {
    const { url, asked } = await busy(429, ['read'], () => '1', onTestFinished)
    await follow(url, { transports: ['polling'] }, false, onTestFinished)
    await waitUntil(() => asked.length >= 2)
    const times = asked.map(({ at }) => at)
    for (const [index, at] of times.entries()) if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(990)
  })
})
