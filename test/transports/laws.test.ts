import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import type { Operation } from '../../src/transports/contract.ts'
import { polling } from '../../src/transports/polling.ts'
import { sse } from '../../src/transports/sse.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { laws, type Rig } from './laws.ts'
import { serverAt } from './rig.ts'

const query = 'subscription { subscribeEvents { description } }'

/** What every rig has of its fake Meshery. */
const common = (fake: FakeMeshery) => {
  const server = serverAt(fake.url)
  return {
    server,
    push: (n: number) => void fake.events.add({ description: String(n) }),
    freeze: () => fake.faults.freeze(),
    thaw: () => fake.faults.thaw(),
    async roundTrip() {
      await server.json('/api/system/version', { phase: 'poll', timeout: 5_000 })
    },
    [Symbol.asyncDispose]: () => fake.close(),
  }
}

/** The number that was given to `push`, wherever the event holds its description. */
const numberIn = (value: unknown): number => numberInText(JSON.stringify(value))
const numberInText = (text: string): number => Number(/"description":"(\d+)"/.exec(text)?.[1])

laws(websocket, async (): Promise<Rig> => {
  const fake = await startFakeMeshery({ release: 'v0.8' })
  const asked = () => fake.stats.received.filter((one) => JSON.stringify(one).includes('"subscribe"')).length
  return {
    ...common(fake),
    operation: { graphql: { query } },
    received: (listener) => listener.data.map(numberIn),
    asked,
    dials: () => fake.stats.dials.length,
    open: () => fake.stats.openSockets,
    cut: () => fake.faults.cut(),
  }
})

laws(sse, async (): Promise<Rig> => {
  const fake = await startFakeMeshery({ release: 'current' })
  return {
    ...common(fake),
    operation: { sse: '/api/system/events/subscribe' },
    received: (listener) => listener.data.map(numberIn),
    asked: () => fake.stats.dials.length,
    dials: () => fake.stats.dials.length,
    open: () => fake.stats.openStreams,
    cut: () => fake.faults.cut(),
  }
})

laws(polling, async (): Promise<Rig> => {
  const fake = await startFakeMeshery({ release: 'current' })
  const rig = common(fake)
  const found: number[] = []
  let known = new Set<unknown>()
  let reads = 0
  let reading = 0
  const poll: NonNullable<Operation['poll']> = async (signal) => {
    reads++
    reading++
    try {
      const path = '/api/system/events?page=0&pagesize=200&sort=created_at&order=asc'
      const { body } = await rig.server.json(path, { phase: 'poll', timeout: 10_000, signal })
      const rows = JSON.stringify(body).match(/"description":"\d+"/g) ?? []
      const fresh = rows.filter((row) => !known.has(row))
      known = new Set(rows)
      found.push(...fresh.map(numberInText))
      return fresh.length > 0
    } finally {
      reading--
    }
  }
  return {
    ...rig,
    operation: { poll },
    received: () => found,
    asked: () => reads,
    dials: () => 0,
    open: () => reading,
    cut: () => fake.faults.answer('store', 503),
  }
})
