import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { impatient, type Watching, type WatchOptions, watch } from '../client/watching.ts'
import { eventually } from '../waiting.ts'
import { certificates, folder, nginx, type Part, passesAll, upgradeMap } from './parts.ts'

const server = (contents: string, listen = 'listen 127.0.0.1:PORT;'): string =>
  `${upgradeMap} server { ${listen} ${contents} }`

const urlOf = ({ port }: Part): string => `http://127.0.0.1:${port}`

/** Adds an event, and expects it to arrive. */
const delivers = async (fake: FakeMeshery, watching: Watching): Promise<void> => {
  const count = watching.events.length
  fake.events.add({ description: 'through the front end' })
  await eventually(() => expect(watching.events).toHaveLength(count + 1))
}

const isOver = (watching: Watching, transport: string): Promise<void> =>
  eventually(() => expect(watching.subscription.status.transport).toBe(transport))

describe('nginx with its defaults', () => {
  it('passes no upgrade: SSE takes over', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using front = await nginx(dir.path, server(`location / { proxy_pass ${fake.url}; }`))
    await using watching = watch(urlOf(front))
    await watching.subscription.ready
    await isOver(watching, 'sse')
    await delivers(fake, watching)
  })

  it('buffers SSE if it ignores X-Accel-Buffering: polling takes over within 25 s', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'current' })
    await using front = await nginx(
      dir.path,
      server(`location / { proxy_pass ${fake.url}; proxy_ignore_headers X-Accel-Buffering; }`),
    )
    await using watching = watch(urlOf(front), { options: { transports: ['sse', 'polling'], timeouts: impatient } })
    await watching.subscription.ready
    await isOver(watching, 'polling')
    await delivers(fake, watching)
  })
})

describe('nginx that passes upgrades', () => {
  it('serves a WebSocket, and recovers what was stored while it cut the connection', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using front = await nginx(
      dir.path,
      // Cuts after a second in place of the usual 60.
      server(`location / { proxy_pass ${fake.url}; ${passesAll.replace('300s', '1s')} }`),
    )
    await using watching = watch(urlOf(front), { options: { timeouts: { ping: 60_000 } } })
    await watching.subscription.ready
    await isOver(watching, 'websocket')
    for (let count = 0; count < 3; count++) {
      await delivers(fake, watching)
      await new Promise((resolve) => setTimeout(resolve, 1_300))
    }
    expect(new Set(watching.events.map(({ id }) => id)).size).toBe(3)
  })

  it('answers 502 while Meshery restarts: the client waits, and continues', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using front = await nginx(dir.path, server(`location / { proxy_pass ${fake.url}; ${passesAll} }`))
    await using watching = watch(urlOf(front))
    await watching.subscription.ready
    await fake.stop()
    await eventually(() => expect(watching.subscription.status.state).toBe('waiting'))
    await fake.start()
    await eventually(() => expect(watching.subscription.status.state).toMatch(/live|polling/))
    await delivers(fake, watching)
  })
})

describe.each([
  ['websocket', 'v1.0'],
  ['sse', 'current'],
  ['polling', 'current'],
] as const)('over %s', (transport, release) => {
  const through = async (
    config: (dir: string, fake: FakeMeshery) => string,
    address: (front: Part) => string,
    options: WatchOptions['options'] = {},
  ): Promise<void> => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    await using front = await nginx(dir.path, config(dir.path, fake))
    await using watching = watch(address(front), { options: { transports: [transport], ...options } })
    await watching.subscription.ready
    await delivers(fake, watching)
    expect(watching.subscription.status.transport).toBe(transport)
  }

  it('Meshery under a path sends events', async () => {
    const config = (_: string, fake: FakeMeshery): string =>
      server(`location /tools/meshery/ { proxy_pass ${fake.url}/; ${passesAll} } location / { return 404; }`)
    await through(config, (front) => `${urlOf(front)}/tools/meshery`)
  })

  it('a pasted GraphQL endpoint is read as the address of its server', async () => {
    const config = (_: string, fake: FakeMeshery): string =>
      server(`location / { proxy_pass ${fake.url}; ${passesAll} }`)
    await through(config, ({ port }) => `ws://127.0.0.1:${port}/api/system/graphql/query`)
  })

  it('HTTP Basic at the ingress accepts the user and the password of the address', async () => {
    const config = (dir: string, fake: FakeMeshery): string => {
      const hash = execFileSync('openssl', ['passwd', '-apr1', 's3cretpassword'], { encoding: 'utf8' }).trim()
      writeFileSync(join(dir, 'users'), `corp:${hash}\n`)
      return server(
        `auth_basic gateway; auth_basic_user_file ${dir}/users; location / { proxy_pass ${fake.url}; ${passesAll} }`,
      )
    }
    await through(config, ({ port }) => `http://corp:s3cretpassword@127.0.0.1:${port}`)
  })

  it('TLS at the ingress works', async () => {
    using dir = folder()
    const { ca, certFile, keyFile } = certificates(dir.path)
    const config = (_: string, fake: FakeMeshery): string =>
      server(
        `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; location / { proxy_pass ${fake.url}; ${passesAll} }`,
        'listen 127.0.0.1:PORT ssl;',
      )
    await through(config, ({ port }) => `https://localhost:${port}`, { tls: { ca } })
  })

  it('a wrong password at the ingress is an error that does not show it', async () => {
    using dir = folder()
    writeFileSync(join(dir.path, 'users'), 'corp:$apr1$x$y\n')
    await using fake = await startFakeMeshery({ release })
    await using front = await nginx(
      dir.path,
      server(`auth_basic gateway; auth_basic_user_file ${dir.path}/users; location / { proxy_pass ${fake.url}; }`),
    )
    await using watching = watch(`http://corp:wr0ngpassword@127.0.0.1:${front.port}`, {
      options: { transports: [transport] },
    })
    const { code, message, details, cause } = await watching.failure
    expect(code).toBe('GATEWAY_LOGIN')
    expect(JSON.stringify([message, details, String(cause)])).not.toContain('wr0ng')
  })

  it('a redirect to https names the address to use', async () => {
    using dir = folder()
    await using front = await nginx(dir.path, server('return 308 https://$host$request_uri;'))
    await using watching = watch(urlOf(front), { options: { transports: [transport] } })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'WRONG_SCHEME', remedy: 'Use https://127.0.0.1 as `url`.' })
  })

  it('a login page of a gateway is distinguished from that of Meshery', async () => {
    using dir = folder()
    await using front = await nginx(dir.path, server('return 302 https://sso.corp.example/login?next=x;'))
    await using watching = watch(urlOf(front), { options: { transports: [transport] } })
    expect((await watching.failure).code).toBe('GATEWAY_LOGIN')
  })
})
