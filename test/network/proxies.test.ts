import dns from 'node:dns'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hostOf } from '../../src/platform/host.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { run } from '../cli/in-process.ts'
import { impatient, type Watching, watch } from '../client/watching.ts'
import { reservePort } from '../reserve-port.ts'
import { eventually } from '../waiting.ts'
import {
  accessOf,
  type Certificates,
  certificates,
  folder,
  nginx,
  openSquid,
  type Part,
  passesAll,
  squid,
  tinyproxy,
  upgradeMap,
} from './parts.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const releases = [
  ['websocket', 'v1.0'],
  ['sse', 'current'],
  ['polling', 'current'],
] as const

const listen = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return (server.address() as AddressInfo).port
}

describe.each(releases)('over %s', (transport, release) => {
  it('events arrive through tinyproxy', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    await using proxy = await tinyproxy(dir.path)
    await using watching = watch(fake.url, {
      options: { transports: [transport], proxy: `http://127.0.0.1:${proxy.port}` },
    })
    await watching.subscription.ready
    fake.events.add({ description: 'through a proxy' })
    await eventually(() => expect(watching.events.map(({ description }) => description)).toEqual(['through a proxy']))
    expect(watching.subscription.status.transport).toBe(transport)
  })

  it('events arrive through tinyproxy that requires a user and a password, over TLS', async () => {
    using dir = folder()
    const { ca, certFile, keyFile } = certificates(dir.path)
    await using fake = await startFakeMeshery({ release })
    await using front = await nginx(
      dir.path,
      `${upgradeMap} server { listen 127.0.0.1:PORT ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
        location / { proxy_pass ${fake.url}; ${passesAll} } }`,
    )
    await using proxy = await tinyproxy(dir.path, 'BasicAuth corp s3cretpassword')
    await using watching = watch(`https://localhost:${front.port}`, {
      options: { transports: [transport], tls: { ca }, proxy: `http://corp:s3cretpassword@127.0.0.1:${proxy.port}` },
    })
    await watching.subscription.ready
    fake.events.add({ description: 'through a proxy' })
    await eventually(() => expect(watching.events).toHaveLength(1))
  })

  it('a certificate for an address is checked against that address through a proxy', async () => {
    using dir = folder()
    const forAddress = certificates(dir.path, { names: ['IP:127.0.0.1'] })
    const forHost = certificates(dir.path, { names: ['DNS:localhost'], prefix: 'host' })
    await using fake = await startFakeMeshery({ release })
    await using proxy = await tinyproxy(dir.path)
    const front = ({ certFile, keyFile }: Certificates): Promise<Part> =>
      nginx(
        dir.path,
        `${upgradeMap} server { listen 127.0.0.1:PORT ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
          location / { proxy_pass ${fake.url}; ${passesAll} } }`,
      )
    await using right = await front(forAddress)
    await using wrong = await front(forHost)
    const watchPart = ({ port }: Part, { ca }: Certificates): Watching =>
      watch(`https://127.0.0.1:${port}`, {
        options: { transports: [transport], tls: { ca }, proxy: `http://127.0.0.1:${proxy.port}` },
      })
    await using accepted = watchPart(right, forAddress)
    await accepted.subscription.ready
    await using refused = watchPart(wrong, forHost)
    expect(await refused.failure).toMatchObject({ code: 'TLS_REFUSED' })
  })

  it('a proxy that requires a login is reported, with a remedy', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    await using proxy = await tinyproxy(dir.path, 'BasicAuth corp s3cretpassword')
    await using watching = watch(fake.url, {
      options: { transports: [transport], proxy: `http://127.0.0.1:${proxy.port}` },
    })
    expect(await watching.failure).toMatchObject({
      phase: 'proxy',
      message: expect.stringContaining(`The proxy http://127.0.0.1:${proxy.port} (\`proxy\`) answers 407`),
      remedy: expect.stringContaining('user and the password'),
    })
  })

  it('a proxy that goes down is reported', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    await using first = await tinyproxy(dir.path)
    await using watching = watch(fake.url, {
      options: { transports: [transport], proxy: `http://127.0.0.1:${first.port}` },
    })
    await watching.subscription.ready
    await first.stop()
    await eventually(() => expect(watching.subscription.status.reason).not.toBeNull())
    await eventually(() =>
      expect(watching.reasons().at(-1)).toMatchObject({
        phase: 'proxy',
        message: expect.stringContaining(`The proxy http://127.0.0.1:${first.port}`),
        remedy: expect.stringContaining('NO_PROXY'),
      }),
    )
  })
})

describe('a proxy', () => {
  it('that refuses the password is reported, without the password', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using proxy = await squid(dir.path, 's3cretpassword')
    const proxyAt = (password: string): string => `http://corp:${password}@127.0.0.1:${proxy.port}`
    {
      await using watching = watch(fake.url, { options: { proxy: proxyAt('s3cretpassword') } })
      await watching.subscription.ready
    }
    await using watching = watch(fake.url, { options: { proxy: proxyAt('wr0ngpassword') } })
    const { code, message, remedy, details, cause } = await watching.failure
    expect([code, details['status']]).toEqual(['PROXY_REFUSED', 407])
    expect(JSON.stringify([message, remedy, details, String(cause)])).not.toContain('wr0ng')
  })

  it('that forbids CONNECT leads from WebSocket to another transport', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using proxy = await tinyproxy(dir.path, 'ConnectPort 1')
    await using watching = watch(fake.url, { options: { proxy: `http://127.0.0.1:${proxy.port}` } })
    await watching.subscription.ready
    await eventually(() => expect(watching.subscription.status.transport).not.toBe('websocket'))
    fake.events.add({ description: 'without a tunnel' })
    await eventually(() => expect(watching.events).toHaveLength(1))
  })

  it('that forbids CONNECT is a reason to wait for no transport: a command for states succeeds at the first try', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'current' })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING' })
    await using proxy = await tinyproxy(dir.path, 'ConnectPort 1')
    const { code, stdout, stderr } = await run([
      ...['controllers', '--once', '--timeout', '20s'],
      ...['--url', fake.url, '--provider', 'Local', '--proxy', `http://127.0.0.1:${proxy.port}`],
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('MESHSYNC')
  })

  it('that accepts and sends nothing ends the dial by `timeouts.connect`, and leaves nothing behind', async () => {
    const held = new Set<Socket>()
    const silent = createTcpServer((socket) => {
      held.add(socket.resume())
      socket.on('close', () => held.delete(socket))
      socket.on('error', () => {})
    })
    const port = await listen(silent)
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    {
      await using watching = watch(fake.url, {
        options: { transports: ['websocket'], proxy: `http://127.0.0.1:${port}`, timeouts: impatient },
      })
      await eventually(() => expect(watching.reasons().length).toBeGreaterThan(0))
      expect(watching.reasons()[0]).toMatchObject({ code: 'TIMED_OUT' })
    }
    await eventually(() => expect(held.size).toBe(0))
    silent.close()
  })

  it('that cuts idle tunnels loses no event', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using proxy = await tinyproxy(dir.path, 'Timeout 1')
    await using watching = watch(fake.url, {
      options: { transports: ['websocket'], proxy: `http://127.0.0.1:${proxy.port}`, timeouts: { ping: 60_000 } },
    })
    await watching.subscription.ready
    for (let count = 0; count < 4; count++) {
      fake.events.add({ description: `event ${count}` })
      await new Promise((resolve) => setTimeout(resolve, 1_200))
    }
    await eventually(() => expect(watching.events).toHaveLength(4))
  })
})

describe('the environment', () => {
  it('sets the proxy by HTTP_PROXY, and NO_PROXY excludes a host', async () => {
    const asked: string[] = []
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(502).end()
    })
    const port = await listen(proxy)
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`)
    await using watching = watch('http://meshery.corp.example', { options: { transports: ['polling'] } })
    await eventually(() => expect(asked[0]).toMatch(/^http:\/\/meshery\.corp\.example\//))
    await watching.meshery.close()
    vi.stubEnv('NO_PROXY', '.corp.example')
    // Another host: a request of the first client may still arrive.
    await using direct = watch('http://direct.corp.example', { options: { transports: ['polling'] } })
    await eventually(() => expect(direct.reasons().length).toBeGreaterThan(0))
    expect(asked.filter((url) => url.includes('direct'))).toEqual([])
    proxy.close()
  })

  /** An address of this machine that does not count as this machine, as that of a server would be. */
  const ownAddress = (family: 'IPv4' | 'IPv6'): string | undefined => {
    const own = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
    return own.find((one) => !one.internal && one.family === family && !one.address.startsWith('fe80'))?.address
  }
  const v4 = ownAddress('IPv4') ?? '127.0.0.1'
  // Without one of its own, the machine answers at the form of IPv6 of its other address.
  const v6 = ownAddress('IPv6') ?? hostOf(new URL(`http://[::ffff:${v4}]`))
  const blockOf = (address: string): string => address.replace(/\.\d+$/, '.0/24')

  const hosts = {
    'a host name': 'meshery.corp.example',
    'an IPv4 address': v4,
    'an IPv6 address': `[${v6}]`,
  }

  /** nginx at every address of this machine, in front of a fake Meshery. Only this process and squid know the name. */
  const behindNames = async (
    dir: string,
    fake: FakeMeshery,
  ): Promise<{ readonly front: Part; readonly proxy: Part }> => {
    const real = dns.lookup
    vi.spyOn(dns, 'lookup').mockImplementation((...given: readonly unknown[]) => {
      const [host, options, done] = given
      const isAll = typeof options === 'object' && options !== null && 'all' in options && options.all === true
      if (host !== hosts['a host name'] || typeof done !== 'function') Reflect.apply(real, dns, given)
      else if (isAll) done(null, [{ address: '127.0.0.1', family: 4 }])
      else done(null, '127.0.0.1', 4)
    })
    const front = await nginx(
      dir,
      `${upgradeMap} server { listen 0.0.0.0:PORT; listen [::]:PORT ipv6only=on; location / { proxy_pass ${fake.url}; ${passesAll} } }`,
    )
    return { front, proxy: await openSquid(dir, hosts['a host name']) }
  }

  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each<[entry: string, host: keyof typeof hosts, passes: 'directly' | 'through the proxy']>([
    ['meshery.corp.example', 'a host name', 'directly'],
    ['MESHERY.Corp.Example', 'a host name', 'directly'],
    ['corp.example', 'a host name', 'directly'],
    ['.corp.example', 'a host name', 'directly'],
    ['*.corp.example', 'a host name', 'directly'],
    ['*', 'a host name', 'directly'],
    ['other.example, meshery.corp.example:PORT', 'a host name', 'directly'],
    ['meshery.corp.example:1', 'a host name', 'through the proxy'],
    ['orp.example', 'a host name', 'through the proxy'],
    ['127.0.0.0/8', 'a host name', 'through the proxy'],
    [v4, 'an IPv4 address', 'directly'],
    [`${v4}:PORT`, 'an IPv4 address', 'directly'],
    [blockOf(v4), 'an IPv4 address', 'directly'],
    ['203.0.113.0/24', 'an IPv4 address', 'through the proxy'],
    [v6, 'an IPv6 address', 'directly'],
    [`[${v6}]:PORT`, 'an IPv6 address', 'directly'],
    [`${v6}/64`, 'an IPv6 address', 'directly'],
    ['2001:db8::/32', 'an IPv6 address', 'through the proxy'],
    ['', 'a host name', 'through the proxy'],
  ])('with NO_PROXY=%s, events of %s arrive %s', async (entry, host, passes) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { front, proxy } = await behindNames(dir.path, fake)
    await using _front = front
    await using _proxy = proxy
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${proxy.port}`)
    vi.stubEnv('NO_PROXY', entry.replace('PORT', `${front.port}`))
    const url = `http://${hosts[host]}:${front.port}`
    for (const transport of ['websocket', 'polling'] as const) {
      await using watching = watch(url, { options: { transports: [transport] } })
      await watching.subscription.ready
      const description = `over ${transport}`
      fake.events.add({ description })
      await eventually(() => expect(watching.events.map((event) => event.description)).toEqual([description]))
    }
    const seen = passes === 'directly' ? [] : expect.arrayContaining([expect.stringContaining('CONNECT')])
    expect(accessOf(dir.path)).toEqual(seen)
  })

  it('never sends a request to this machine through its proxy', async () => {
    using gone = await reservePort()
    vi.stubEnv('HTTP_PROXY', gone.url)
    await using fake = await startFakeMeshery()
    await using watching = watch(fake.url)
    await watching.subscription.ready
  })
})
