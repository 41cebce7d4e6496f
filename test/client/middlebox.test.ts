import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMeshery, type Notice } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { gotAll, hasty, lastOne, until, watch } from './watching.ts'

/** What a middlebox does to a live channel once the server has accepted it. */
type Cut = 'passes' | 'cuts after 300 ms' | 'passes nothing, and cuts after 300 ms'

interface Middlebox extends AsyncDisposable {
  readonly url: string
  /** How many live channels it has cut. */
  readonly cuts: number
  /** From now on it passes everything. */
  remove(): void
}

/** The first piece of an answer that accepts a WebSocket or an SSE stream. */
const isLive = (piece: Buffer): boolean => /^HTTP\/1\.1 101|^content-type: text\/event-stream/im.test(piece.toString())

/** A TCP middlebox in front of the server. Plain HTTP passes. */
const startMiddlebox = async (fake: FakeMeshery, cut: Cut): Promise<Middlebox> => {
  const open = new Set<Socket>()
  let mode = cut
  let cuts = 0
  const watchFor = (client: Socket, upstream: Socket): void => {
    let isCut = false
    upstream.on('data', (piece: Buffer) => {
      if (isCut && mode === 'passes nothing, and cuts after 300 ms') return
      client.write(piece)
      if (isCut || mode === 'passes' || !isLive(piece)) return
      isCut = true
      setTimeout(() => {
        cuts++
        client.destroy()
        upstream.destroy()
      }, 300)
    })
  }
  const server = createServer((client) => {
    const upstream = dial(fake.port, '127.0.0.1')
    watchFor(client, upstream)
    client.pipe(upstream)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        open.delete(from)
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bound = server.address()
  return {
    url: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    get cuts() {
      return cuts
    },
    remove() {
      mode = 'passes'
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Adds an event every 50 ms until it is disposed of. */
const flow = (fake: FakeMeshery): Disposable => {
  const timer = setInterval(() => fake.events.add(), 50)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/**
 * Connections that break without being cut so soon take as many. How long it takes at most is tested with fake time in
 * `test/connection/retry-policy.test.ts`: on a busy machine a cut may come before the connection opens, which belongs to another row.
 */
const mostCuts = 12

describe.concurrent('a middlebox that accepts a live channel and cuts it after 300 ms', () => {
  it.each(
    sampled<[Release, Cut]>(
      [
        ['v0.8', 'cuts after 300 ms'],
        ['v1.0', 'cuts after 300 ms'],
        ['v0.8', 'passes nothing, and cuts after 300 ms'],
        ['current', 'cuts after 300 ms'],
        ['current', 'passes nothing, and cuts after 300 ms'],
      ],
      2,
      'polled',
    ),
  )('leads to polling, and no event is lost: %s, %s', async (release, cut) => {
    await using fake = await startFakeMeshery({ release })
    await using middlebox = await startMiddlebox(fake, cut)
    await using watching = watch(middlebox.url)
    await watching.subscription.ready
    fake.events.add()
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }), 15_000)
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
    expect(middlebox.cuts).toBeLessThan(mostCuts)
    expect(watching.reasons()).toContainEqual(expect.objectContaining({ code: 'CONNECTION_LOST' }))
  })

  it.each(sampled<Release>(['v0.8', 'v1.0', 'current'], 1, 'while events flow'))(
    'leads to polling also while events flow, which arrive before each cut: %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
      await using watching = watch(middlebox.url)
      await watching.subscription.ready
      {
        using _ = flow(fake)
        await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }), 15_000)
      }
      expect(middlebox.cuts).toBeLessThan(mostCuts)
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )

  // Alone: beside others the connection may be cut before it is acknowledged.
  it.sequential('leads to polling of a state, whose first value arrives before each cut', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    fake.contexts.set([{ id: 'a', name: 'cluster a' }])
    await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
    await using meshery = createMeshery({ ...hasty, url: middlebox.url })
    const seen: Notice[] = []
    const onNotice = (notice: Notice): void => void seen.push(notice)
    const subscription = meshery.subscribeK8sContext({}, { onNotice })
    const reading = (async () => {
      for await (const _ of subscription);
    })()
    await until(() => expect(subscription.status).toMatchObject({ state: 'polling' }), 15_000)
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'status', state: 'live' }))
    expect(middlebox.cuts).toBeLessThan(mostCuts)
    await meshery.close()
    await reading
  })
})

describe('when the middlebox is gone', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** In steps, so that what a timer began can end. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 5_000))
      await new Promise(setImmediate)
    }
  }
  const longTimeouts = { connect: 1e8, request: 1e8, ping: 1e8, idleSSE: 1e8, firstByte: 1e8 }

  it.each(
    sampled<[Release, 'websocket' | 'sse', boolean]>(
      [
        ['v0.8', 'websocket', false],
        ['v1.0', 'websocket', true],
        ['current', 'sse', true],
      ],
      1,
      'middlebox gone',
    ),
  )('%s is followed over %s again (events flowed before: %j), with nothing lost', async (release, transport, flows) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true })
    await using fake = await startFakeMeshery({ release })
    await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
    await using watching = watch(middlebox.url, { options: { timeouts: longTimeouts } })
    await watching.subscription.ready
    {
      using _ = flows ? flow(fake) : undefined
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }), 15_000)
    }
    middlebox.remove()
    fake.events.add()
    await pass(60_000)
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live', transport }))
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  })
})
