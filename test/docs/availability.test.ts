import { describe, expect, it } from 'vitest'
import { createMeshery, type Meshery, MesheryError, type Subscription } from '../../src/index.ts'
import { releases, startFakeMeshery } from '../../src/testing/index.ts'
import { transportNames } from '../../src/transports/contract.ts'
import { liveReleases } from '../releases/live-releases.ts'
import { sampled } from '../sample.ts'
import { waitUntil } from '../waiting.ts'
import { availability } from './availability.ts'
import { documented } from './declared.ts'

/** Starts each stream with the fewest arguments. */
const begin: Readonly<Record<string, (meshery: Meshery) => Subscription<unknown>>> = {
  subscribeEvents: (meshery) => meshery.subscribeEvents(),
  subscribeMesheryControllersStatus: (meshery) => meshery.subscribeMesheryControllersStatus(),
  subscribePerfProfiles: (meshery) => meshery.subscribePerfProfiles(),
  subscribePerfResults: (meshery) =>
    meshery.subscribePerfResults({ profileID: 'aaaaaaaa-0000-4000-8000-000000000001' }),
  subscribeConfiguration: (meshery) => meshery.subscribeConfiguration(),
  subscribeClusterResources: (meshery) => meshery.subscribeClusterResources({ namespace: 'default' }),
  subscribeK8sContext: (meshery) => meshery.subscribeK8sContext(),
  subscribeMeshModelSummary: (meshery) => meshery.subscribeMeshModelSummary({ type: 'components' }),
}

const cells = documented.flatMap(({ declared }) =>
  transportNames.flatMap((transport) =>
    releases.map((release) => ({ declared, name: declared.name, transport, release })),
  ),
)

describe('docs/compatibility.md', () => {
  it.concurrent.each(sampled(cells, 3))(
    'is true: $name, $transport, $release',
    async ({ declared, name, transport, release }) => {
      await using fake = await startFakeMeshery({ release })
      const { connection_id } = fake.contexts.add()
      fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
      await using meshery = createMeshery({ url: fake.url, provider: 'None', transports: [transport] })
      const found = async (): Promise<string> => {
        try {
          const subscription = begin[name]?.(meshery)
          await subscription?.ready
          // It may start before the transport is known to work: an event stream by its store, a state by its first poll.
          await waitUntil(() => subscription?.status.state !== 'connecting')
          const { state, transport: used } = subscription?.status ?? {}
          if (state === 'failed') await subscription?.closed
          expect(used).toBe(transport)
          return state === 'polling' ? 'polled' : String(state)
        } catch (error) {
          if (!(error instanceof MesheryError)) throw error
          expect(error.code).toMatch(/^(NO_TRANSPORT|UNSUPPORTED|INVALID_OPTION)$/)
          return 'not there'
        }
      }
      expect(await found()).toBe(availability(declared, transport, release))
    },
  )

  it('contains the live channels of every stream that has some', () => {
    const channels = ({ documents, sse }: (typeof documented)[number]['declared']): string[] => [
      ...(documents.length > 0 ? ['websocket'] : []),
      ...(sse === undefined ? [] : ['sse']),
    ]
    expect(Object.entries(liveReleases).map(([name, live]) => [name, Object.keys(live)])).toEqual(
      documented.map(({ declared }) => [declared.name, channels(declared)]),
    )
  })
})
