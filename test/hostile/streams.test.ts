import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillWithSamples } from '../../src/cli/sample-state.ts'
import { createMeshery, type Meshery, MesheryError, type Notice, type TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, until } from '../client/watching.ts'
import { sampled } from '../sample.ts'
import { startSpoilingProxy } from './spoiling-proxy.ts'

type Subscribe = (meshery: Meshery, onNotice: (notice: Notice) => void) => AsyncIterable<unknown>

const streams: readonly (readonly [string, Subscribe])[] = [
  ['events', (meshery, onNotice) => meshery.subscribeEvents({}, { onNotice })],
  ['events since', (meshery, onNotice) => meshery.subscribeEvents({ since: '1h' }, { onNotice })],
  ['contexts', (meshery, onNotice) => meshery.subscribeK8sContext({}, { onNotice })],
  ['controllers', (meshery, onNotice) => meshery.subscribeMesheryControllersStatus({}, { onNotice })],
  ['resources', (meshery, onNotice) => meshery.subscribeClusterResources({ namespace: 'default' }, { onNotice })],
  ['configuration', (meshery, onNotice) => meshery.subscribeConfiguration({}, { onNotice })],
  ['profiles', (meshery, onNotice) => meshery.subscribePerfProfiles({}, { onNotice })],
  ['results', (meshery, onNotice) => meshery.subscribePerfResults({ profileID: 'checkout' }, { onNotice })],
  ['models', (meshery, onNotice) => meshery.subscribeMeshModelSummary({ type: 'components' }, { onNotice })],
]

const ways: readonly (readonly [Release, TransportName])[] = [
  ['v0.8', 'websocket'],
  ['v0.8', 'polling'],
  ['v1.0', 'sse'],
  ['v1.0', 'polling'],
]

/** Errors by which the client would blame its user for what the server sent. */
const blame = ['INVALID_OPTION', 'CALLBACK_FAILED']

async function firstValue(fake: FakeMeshery, transport: TransportName, subscribe: Subscribe, seed: number) {
  await using proxy = await startSpoilingProxy(fake.url, seed)
  const meshery = createMeshery({
    ...hasty,
    timeouts: { close: 500 },
    url: proxy.url,
    transports: transport === 'polling' ? ['polling'] : [transport, 'polling'],
  })
  const values: unknown[] = []
  const reasons: unknown[] = []
  const read = async (): Promise<void> => {
    const subscription = subscribe(meshery, (notice) => {
      // What a release does not have is no failure.
      const namesTransport = notice.kind === 'status' && ['connecting', 'polling'].includes(notice.state)
      if (!namesTransport && 'reason' in notice && notice.reason) reasons.push(notice.reason)
    })
    for await (const value of subscription) values.push(value)
  }
  const reading = read().catch((error: unknown) => reasons.push(error))
  try {
    await until(() => {
      fake.events.add({ severity: 'error', metadata: { error: { LongDescription: 'why' } } })
      expect([values.length > 0, reasons.filter((one) => !(one instanceof MesheryError && one.retryable))]).toEqual([
        true,
        [],
      ])
    })
  } finally {
    await meshery.close()
    await reading
  }
  for (const one of reasons) expect(blame).not.toContain(one instanceof MesheryError ? one.code : one)
  // The value can be serialized.
  return JSON.stringify(values)
}

const document = 'subscription { subscribeEvents { id description metadata } }'
const ofDocument: (typeof streams)[number] = [
  'a document',
  (meshery, onNotice) => meshery.subscribe(document, {}, { onNotice }),
]

const cases = ways.flatMap(([release, transport]) =>
  [...streams, ...(transport === 'websocket' ? [ofDocument] : [])].map(
    ([name, subscribe]) => [release, transport, name, subscribe] as const,
  ),
)

describe('a server whose JSON is 50,000 levels deep and names what objects inherit', () => {
  it.each(sampled(cases, 1))('fails no stream: on %s over %s, %s', async (release, transport, _, subscribe) => {
    await using fake = await startFakeMeshery({ release })
    await fillWithSamples(fake)
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        expect(await firstValue(fake, transport, subscribe, seed)).not.toBe('[]')
        expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
      }),
      { numRuns: 2 },
    )
  })
})
