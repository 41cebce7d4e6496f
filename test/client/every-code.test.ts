import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorKinds, MesheryError } from '../../src/base/errors.ts'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import { createMeshery, type MesheryOptions } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { follow, hasty, impatient, isLive, until, type Watching, type WatchOptions, watch } from './watching.ts'

/** Provokes an error by what a user or a server does, and resolves with all that the user sees of it. */
type Provocation = () => Promise<readonly unknown[]>

const auth = { provider: 'Meshery', token: 'good-token-of-this-test' }
const document = 'subscription { subscribeEvents { id } }'

/** What a call throws. */
const thrownBy = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

/** What ends a subscription. */
const endOf = ({ closed }: { readonly closed: Promise<unknown> }): Promise<unknown> =>
  closed.catch((error: unknown) => error)

interface Setting {
  readonly fake?: FakeMesheryOptions
  readonly watch?: WatchOptions
  /** Before the client exists. */
  readonly prepare?: (fake: FakeMeshery) => unknown
}

/** What ends a subscription to events. */
const failure =
  ({ fake: fakeOptions, watch: options, prepare = () => {} }: Setting): Provocation =>
  async () => {
    await using fake = await startFakeMeshery(fakeOptions)
    await prepare(fake)
    await using watching = watch(fake.url, options)
    return [await watching.failure]
  }

/** What notices give as their reason, once there is one of this code. */
const noticed =
  (code: ErrorCode, { fake: fakeOptions, watch: options, prepare = () => {} }: Setting, act?: Act): Provocation =>
  async () => {
    await using fake = await startFakeMeshery(fakeOptions)
    await prepare(fake)
    await using watching = watch(fake.url, options)
    await act?.(fake, watching)
    await until(() => expect(watching.reasons().map((reason) => reason.code)).toContain(code))
    return watching.reasons()
  }

type Act = (fake: FakeMeshery, watching: Watching) => Promise<void>

/** Does something to the server once events are live. */
const once =
  (act: (fake: FakeMeshery) => unknown): Act =>
  async (fake, watching) => {
    await isLive(watching)
    await act(fake)
  }

/** What ends a subscription to events of a server that is no fake. */
const failureAt = async (server: Server, urlOf: (port: number) => MesheryOptions): Promise<readonly unknown[]> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { url = '', ...options } = urlOf((server.address() as AddressInfo).port)
    await using watching = watch(String(url), { options })
    return [await watching.failure]
  } finally {
    server.close()
  }
}

/** With a client that has no subscription yet. */
const withClient =
  (run: (meshery: ReturnType<typeof createMeshery>) => unknown): Provocation =>
  async () => {
    await using fake = await startFakeMeshery()
    await using meshery = createMeshery({ ...hasty, url: fake.url, operations: 1 })
    return [await run(meshery)]
  }

/** A fatal TLS alert: the handshake failed. */
const tlsAlert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40])

/** A new code does not compile until something here produces it. */
const provocations: Readonly<Record<ErrorCode, Provocation>> = {
  INVALID_OPTION: async () => [thrownBy(() => createMeshery({ retry: { attempts: -1 } }))],
  CREDENTIALS_UNREADABLE: noticed('CREDENTIALS_UNREADABLE', {
    watch: {
      options: {
        provider: undefined,
        credentials: () => {
          throw new Error('no vault')
        },
      },
    },
  }),
  CREDENTIALS_REFUSED: failure({ fake: { auth }, watch: { options: { ...auth, token: 'another-token' } } }),
  GATEWAY_LOGIN: failure({
    prepare: ({ faults }) =>
      faults.answer('everything', 302, { headers: { location: 'https://sso.corp.example/login' } }),
  }),
  WRONG_SCHEME: async () => {
    await using fake = await startFakeMeshery()
    await using watching = watch(fake.url.replace('http:', 'https:'))
    return [await watching.failure]
  },
  NOT_MESHERY: failure({ prepare: ({ faults }) => faults.answer('everything', 404, { body: 'no such page' }) }),
  HOST_UNKNOWN: async () => {
    await using watching = watch('http://meshery.invalid:9081', { options: { retry: { attempts: 0 } } })
    return [(await watching.failure).cause]
  },
  CONNECTION_REFUSED: noticed('CONNECTION_REFUSED', { prepare: (fake) => fake.stop() }),
  UNREACHABLE: async () => {
    const refusal = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' })
    const platform = { ...nodePlatform({ env: {} }), fetch: () => Promise.reject(refusal) }
    await using meshery = createMesheryOn(platform)({ ...hasty, url: 'http://meshery.test', transports: ['polling'] })
    const { reasons } = follow(meshery)
    await until(() => expect(reasons()).not.toEqual([]))
    return reasons()
  },
  TLS_REFUSED: () =>
    failureAt(
      createTcpServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end(tlsAlert))
      }),
      (port) => ({ url: `https://127.0.0.1:${port}` }),
    ),
  PROXY_REFUSED: () =>
    failureAt(
      createHttpServer((_, response) => response.writeHead(407).end()).on('connect', (_, socket) =>
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
      ),
      (port) => ({ url: 'http://meshery.invalid', proxy: `http://127.0.0.1:${port}` }),
    ),
  TIMED_OUT: noticed('TIMED_OUT', {
    watch: { options: { timeouts: impatient } },
    prepare: ({ faults }) => faults.answer('everything', 'silence'),
  }),
  SERVER_ERROR: noticed('SERVER_ERROR', { prepare: ({ faults }) => faults.answer('everything', 500) }),
  RATE_LIMITED: noticed('RATE_LIMITED', { prepare: ({ faults }) => faults.answer('everything', 429) }),
  TRANSPORT_UNAVAILABLE: async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.answer('upgrade', 405)
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    return [await endOf(meshery.subscribe(document))]
  },
  NO_TRANSPORT: failure({ fake: { release: 'current' }, watch: { options: { transports: ['websocket'] } } }),
  UNSUPPORTED: failure({ fake: { release: 'v0.6', events: false } }),
  CONNECTION_LOST: noticed(
    'CONNECTION_LOST',
    {},
    once((fake) => fake.faults.cut()),
  ),
  CONNECTION_SILENT: noticed(
    'CONNECTION_SILENT',
    { fake: { release: 'v0.8' }, watch: { options: { timeouts: impatient } } },
    once((fake) => fake.faults.freeze()),
  ),
  BAD_FRAME: noticed(
    'BAD_FRAME',
    { fake: { release: 'v0.8' } },
    once((fake) => fake.faults.sendRaw('no JSON')),
  ),
  TOO_LARGE: failure({
    prepare: (fake) => fake.faults.answer('everything', 200, { body: `{"page": "${'x'.repeat(2 ** 20)}"}` }),
    watch: { options: { limits: { messageBytes: 2 ** 16 } } },
  }),
  GRAPHQL_ERROR: async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.graphql('subscribeEvents', () => {
      throw new Error('of the resolver')
    })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    return [await endOf(meshery.subscribe(document))]
  },
  SINCE_UNKNOWN: failure({ watch: { arguments: { since: '00000000-0000-4000-8000-000000000000' } } }),
  RETRIES_EXHAUSTED: failure({
    prepare: (fake) => fake.stop(),
    watch: { options: { retry: { attempts: 0 } } },
  }),
  SUBSCRIPTION_IN_USE: withClient((meshery) => {
    const subscription = meshery.subscribeEvents()
    subscription[Symbol.asyncIterator]()
    return thrownBy(() => subscription[Symbol.asyncIterator]())
  }),
  TOO_MANY_OPERATIONS: withClient((meshery) => {
    meshery.subscribeEvents()
    return thrownBy(() => meshery.subscribeK8sContext())
  }),
  CALLBACK_FAILED: async () => {
    await using fake = await startFakeMeshery()
    const where = () => {
      throw new Error('of the user')
    }
    await using watching = watch(fake.url, { arguments: { where } })
    await isLive(watching)
    fake.events.add()
    return [await watching.failure]
  },
  CLOSED: withClient(async (meshery) => {
    await meshery.close()
    return thrownBy(() => meshery.subscribeEvents())
  }),
}

describe.concurrent('the error code', () => {
  it.each(sampled(Object.entries(provocations), 12))('%s is produced, and shows its remedy', async (code, provoke) => {
    const seen = await provoke()
    const error = seen.find((one) => one instanceof MesheryError && one.code === code)
    expect(error, `among ${seen.map(String).join('; ')}`).toBeInstanceOf(MesheryError)
    expect(error).toMatchObject({ remedy: expect.stringMatching(/\w/), phase: expect.stringMatching(/^[a-z]+$/) })
  })

  it('of each kind is in this table', () => {
    expect(Object.keys(provocations).toSorted()).toEqual(Object.keys(errorKinds).toSorted())
  })
})
