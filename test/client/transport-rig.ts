import { expect } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { LogMethods, TransportName } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMesheryOptions, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { Dials } from '../soak/dials.ts'
import type {
  DialWorld,
  EventRig,
  EventWorld,
  RedirectWorld,
  RefusedWorld,
  SecretWorld,
  WorldOptions,
} from './event-rig.ts'
import { follow, hasty, lastOne, until, watch } from './watching.ts'

/** The rig of one release and one transport. */
export function transportRig(release: Release, transport: TransportName): EventRig {
  const begin = async (
    { options, seed = [], storeFails = false }: WorldOptions = {},
    fakeOptions: FakeMesheryOptions = {},
  ): Promise<EventWorld> => {
    const fake = await startFakeMeshery({ release, seed, ...fakeOptions })
    if (storeFails) fake.faults.answer('store', 500)
    const watching = watch(fake.url, { options: { transports: [transport], ...options } })
    await watching.subscription.ready
    await until(() => expect(watching.subscription.status.state).toBe(transport === 'polling' ? 'polling' : 'live'))
    return {
      fake,
      watching,
      from: {},
      async restart(work) {
        await fake.stop()
        work()
        await fake.start()
      },
      async cut() {
        fake.faults.cut()
      },
      async nothingIsLeft() {
        await until(() =>
          expect([fake.stats.openSockets, fake.stats.openStreams, fake.stats.operations]).toEqual([0, 0, 0]),
        )
        const { length } = fake.stats.requests
        for (let count = 0; count < 2; count++) fake.events.add()
        await watching.meshery.close()
        expect(fake.stats.requests.length).toBe(length)
        // A ping may follow while the connection waits for another operation.
        const last = fake.stats.received.findLast((message) => !JSON.stringify(message).includes('"ping"'))
        if (transport === 'websocket') expect(last).toMatchObject({ type: 'complete' })
      },
      // There is no other part of the way.
      async sendOdd() {},
      undisturbed() {
        expect(watching.subscription.status.reason).toBeNull()
        expect(fake.stats.dials.length).toBeLessThanOrEqual(1)
      },
      async [Symbol.asyncDispose]() {
        await watching.meshery.close()
        await fake.close()
      },
    }
  }

  return {
    begin,

    async withSecret(token: string, logger: LogMethods): Promise<SecretWorld> {
      const auth = { provider: 'Meshery', token }
      const world = await begin({ options: { ...auth, logger } }, { auth })
      const { fake, watching } = world
      return {
        ...world,
        async refuse() {
          fake.faults.answer('everything', 500, { body: `your token=${token} is odd`, times: 2 })
          fake.faults.cut()
          await until(() => expect(watching.reasons().length).toBeGreaterThan(0))
          fake.faults.expireToken()
          fake.faults.cut()
        },
        addresses: () => fake.stats.requests.map(({ path, query }) => path + query).join(),
      }
    },

    async refused(): Promise<RefusedWorld> {
      // Earlier releases refuse during an outage of the provider as well.
      const strict = release.startsWith('v0.') ? 'v1.0' : release
      const fake = await startFakeMeshery({ release: strict, auth: { provider: 'Meshery', token: 'good-token' } })
      let asked = 0
      const credentials = () => {
        asked++
        return { provider: 'Meshery', token: 'refused-token' }
      }
      const { provider: _, ...options } = hasty
      const connect = createMesheryOn(nodePlatform())
      const meshery = connect({ ...options, url: fake.url, transports: [transport], credentials })
      return {
        subscription: meshery.subscribeEvents(),
        tries: () => fake.stats.requests.filter(({ path }) => path !== '/api/system/version').length,
        hadOccasion: () => asked > 1,
        async [Symbol.asyncDispose]() {
          await meshery.close()
          await fake.close()
        },
      }
    },

    async dialling(): Promise<DialWorld> {
      const fake = await startFakeMeshery({ release })
      const dials = new Dials()
      let asked = 0
      const credentials = async () => {
        if (asked++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 400))
        return { provider: 'None' }
      }
      const connect = createMesheryOn(dials.watch(nodePlatform()))
      const { provider: _, ...options } = hasty
      const meshery = connect({ ...options, settle: 0, url: fake.url, transports: [transport], credentials })
      const { subscription, events } = follow(meshery)
      await subscription.ready
      return {
        subscriptions: [subscription],
        count: () => dials.count,
        problems: () => dials.problems(),
        async receive() {
          const { length } = events
          fake.events.add()
          await until(() => expect(events.length).toBe(length + 1))
        },
        cut: () => fake.faults.cut(),
        async [Symbol.asyncDispose]() {
          await meshery.close()
          await fake.close()
        },
      }
    },

    async redirecting(port: number): Promise<RedirectWorld> {
      const auth = { provider: 'Meshery', token: 'secret-token' }
      const world = await begin({ options: auth }, { auth })
      const { fake, watching } = world
      return {
        async redirected() {
          const headers = { location: `http://127.0.0.1:${port}/somewhere` }
          for (const status of [301, 302, 307, 308]) fake.faults.answer('everything', status, { headers, times: 2 })
          fake.faults.cut()
          await until(() => expect(watching.reasons().length).toBeGreaterThan(0))
          await fake.faults.calm()
          await lastOne(watching, fake)
        },
        [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
      }
    },
  }
}
