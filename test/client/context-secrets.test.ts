import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createMeshery, type Meshery, type Notice, type Subscription, type TransportName } from '../../src/index.ts'
import { type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { transportNames } from '../../src/transports/contract.ts'
import { availability } from '../docs/availability.ts'
import { documented } from '../docs/declared.ts'
import { sampled } from '../sample.ts'
import { followState } from './states.ts'
import { hasty, until } from './watching.ts'

/** What the fake sends in `auth` and `cluster` of every context, over REST and to every GraphQL client that selects them. */
const planted = 'a secret of the cluster'

/** The streams that read contexts, as their value or to find the ids to follow. */
const streams: Readonly<
  Record<string, (meshery: Meshery, onNotice: (notice: Notice) => void) => Subscription<unknown>>
> = {
  subscribeK8sContext: (meshery, onNotice) => meshery.subscribeK8sContext({}, { onNotice }),
  subscribeMesheryControllersStatus: (meshery, onNotice) =>
    meshery.subscribeMesheryControllersStatus({ connectionIDs: ['kind', 'unknown'] }, { onNotice }),
  subscribeClusterResources: (meshery, onNotice) =>
    meshery.subscribeClusterResources({ namespace: 'default', contexts: ['kind', 'unknown'] }, { onNotice }),
}

const cases = documented.flatMap(({ declared }) =>
  declared.name in streams
    ? releases.flatMap((release) =>
        transportNames
          .filter((transport) => availability(declared, transport, release) !== 'not there')
          .map((transport): readonly [string, Release, TransportName] => [declared.name, release, transport]),
      )
    : [],
)

describe.concurrent('the secrets of clusters', () => {
  it.each(sampled(cases, 4))('never reach the user: %s, %s, %s', async (name, release, transport) => {
    await using fake = await startFakeMeshery({ release })
    const { kubernetes_server_id, connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    fake.resources.set(kubernetes_server_id, 'default', 'Pod', 1)
    const listing = await fetch(`${fake.url}/api/system/kubernetes/contexts`, {
      headers: { cookie: 'meshery-provider=None' },
    })
    expect(await listing.text()).toContain(planted)
    const logged: unknown[] = []
    const log = (...entry: unknown[]): unknown => logged.push(entry)
    const logger = { debug: log, info: log, warn: log, error: log }
    await using meshery = createMeshery({ ...hasty, url: fake.url, transports: [transport], logger })
    const followed = followState(() => streams[name]?.(meshery, log) ?? meshery.subscribeK8sContext())
    await followed.newest(() => expect(JSON.stringify(followed.values.at(-1))).toMatch(/kind|OPERATOR|Pod/))
    fake.contexts.update(connection_id, { version: 'v9' })
    fake.resources.set(kubernetes_server_id, 'default', 'Pod', 2)
    fake.faults.cut()
    await until(() => expect(followed.subscription.status.state).toMatch(/waiting|live|polling/))
    expect(inspect([followed.values, logged, meshery], { depth: 12, maxStringLength: null })).not.toContain(planted)
  })
})
