import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { describe, expect, it } from 'vitest'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { run } from '../cli/in-process.ts'
import { hasty, impatient } from '../client/watching.ts'
import { choiceOfClient } from '../doctor/choice-of-client.ts'
import { expectGolden } from '../doctor/golden.ts'
import { certificates, folder, nginx, passesAll, squid, tinyproxy, upgradeMap } from './parts.ts'

const seed = [{ description: 'A design was deployed', category: 'pattern', action: 'deploy' }]

interface Conclusion {
  /** The transport that the verdict names; null if none works. */
  readonly transport: TransportName | null
  readonly code: number | null
}

const transportOfTitle: Readonly<Record<string, TransportName>> = {
  WebSocket: 'websocket',
  SSE: 'sse',
  polling: 'polling',
}

/** Runs `doctor`, compares its output with the golden file, and returns what it concludes. */
const diagnosed = async (name: string, url: string, args: readonly string[] = []): Promise<Conclusion> => {
  const { code, stdout } = await run(['doctor', '--url', url, '--provider', 'None', ...args])
  await expectGolden(stdout, 'network', name)
  const [, title = ''] = /meshery-live will use (\w+)/.exec(stdout) ?? []
  return { code, transport: transportOfTitle[title] ?? null }
}

/** Expects a client with these options to use the same transport. */
const isChoiceOfClient = async (transport: TransportName | null, url: string, options: MesheryOptions): Promise<void> =>
  expect(await choiceOfClient(url, { ...hasty, ...options }, transport)).toBe(transport)

describe('doctor behind nginx', () => {
  it.each([
    ['v1.0', 'polling'],
    ['v1.0.52', 'sse'],
  ] as const)('that passes no upgrade, on %s', async (release, transport) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release, seed, keepAlive: 100 })
    await using front = await nginx(
      dir.path,
      `server { listen 127.0.0.1:PORT; location / { proxy_pass ${fake.url}; } }`,
    )
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed(`nginx-without-upgrade-${release}`, url)).toEqual({ code: 0, transport })
    await isChoiceOfClient(transport, url, {})
  })

  it('that buffers SSE', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ seed, keepAlive: 100 })
    await using front = await nginx(
      dir.path,
      `server { listen 127.0.0.1:PORT;
        location / { proxy_pass ${fake.url}; proxy_ignore_headers X-Accel-Buffering; } }`,
    )
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed('nginx-buffers-sse', url)).toEqual({ code: 0, transport: 'polling' })
    await isChoiceOfClient('polling', url, { timeouts: { ...impatient, firstByte: 2_000 } })
  })

  it.each([
    ['6s', 'nginx-cuts-silence', 'sse'],
    ['2s', 'nginx-cuts-silence-soon', 'polling'],
  ] as const)('that cuts what is silent for %s', async (time, golden, transport) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ seed })
    await using front = await nginx(
      dir.path,
      `server { listen 127.0.0.1:PORT; location / { proxy_pass ${fake.url}; proxy_read_timeout ${time}; } }`,
    )
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed(golden, url)).toEqual({ code: 0, transport })
    await isChoiceOfClient(transport, url, {})
  })

  it('that passes everything, over TLS with a private authority that is trusted', async () => {
    using dir = folder()
    const own = certificates(dir.path)
    await using fake = await startFakeMeshery({ release: 'v1.0', seed })
    await using front = await nginx(
      dir.path,
      `${upgradeMap} server { listen 127.0.0.1:PORT ssl; ssl_certificate ${own.certFile}; ssl_certificate_key ${own.keyFile};
        location / { proxy_pass ${fake.url}; ${passesAll} } }`,
    )
    const url = `https://127.0.0.1:${front.port}`
    expect(await diagnosed('tls-trusted', url, ['--ca-file', own.caFile])).toEqual({ code: 0, transport: 'websocket' })
    expect(await diagnosed('tls-insecure', url, ['--insecure'])).toEqual({ code: 0, transport: 'websocket' })
    await isChoiceOfClient('websocket', url, { tls: { ca: own.ca } })
  })

  it.each([
    ['private-authority', {}, false],
    ['expired-certificate', { days: -1 }, true],
    ['wrong-host', { names: ['DNS:meshery.corp.example'] }, true],
  ] as const)('whose certificate is refused: %s', async (name, made, trusted) => {
    using dir = folder()
    const own = certificates(dir.path, made)
    await using fake = await startFakeMeshery()
    await using front = await nginx(
      dir.path,
      `server { listen 127.0.0.1:PORT ssl; ssl_certificate ${own.certFile}; ssl_certificate_key ${own.keyFile};
        location / { proxy_pass ${fake.url}; } }`,
    )
    const url = `https://127.0.0.1:${front.port}`
    const args = trusted ? ['--ca-file', own.caFile] : []
    expect(await diagnosed(`tls-${name}`, url, args)).toEqual({ code: 4, transport: null })
    await isChoiceOfClient(null, url, trusted ? { tls: { ca: own.ca } } : {})
  })

  it('that requires a certificate of the client', async () => {
    using dir = folder()
    const own = certificates(dir.path)
    const client = certificates(dir.path, { prefix: 'client' })
    await using fake = await startFakeMeshery({ release: 'v1.0', seed })
    await using front = await nginx(
      dir.path,
      `${upgradeMap} server { listen 127.0.0.1:PORT ssl; ssl_certificate ${own.certFile}; ssl_certificate_key ${own.keyFile};
        ssl_verify_client on; ssl_client_certificate ${client.caFile};
        location / { proxy_pass ${fake.url}; ${passesAll} } }`,
    )
    const url = `https://127.0.0.1:${front.port}`
    expect(await diagnosed('tls-client-certificate', url, ['--ca-file', own.caFile])).toEqual({
      code: 3,
      transport: null,
    })
    await isChoiceOfClient(null, url, { tls: { ca: own.ca } })
  })

  it('that requires a login of its own', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery()
    await using front = await nginx(
      dir.path,
      `server { listen 127.0.0.1:PORT; auth_basic gateway; auth_basic_user_file ${dir.path}/none;
        location / { proxy_pass ${fake.url}; } }`,
    )
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed('gateway-login', url)).toEqual({ code: 3, transport: null })
    await isChoiceOfClient(null, url, {})
  })

  it('that redirects to https', async () => {
    using dir = folder()
    await using front = await nginx(dir.path, 'server { listen 127.0.0.1:PORT; return 308 https://$host$request_uri; }')
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed('redirect-to-https', url)).toEqual({ code: 4, transport: null })
    await isChoiceOfClient(null, url, {})
  })

  it('without Meshery behind it', async () => {
    using dir = folder()
    await using front = await nginx(
      dir.path,
      'server { listen 127.0.0.1:PORT; location / { proxy_pass http://127.0.0.1:9; } }',
    )
    const url = `http://127.0.0.1:${front.port}`
    expect(await diagnosed('bad-gateway', url)).toEqual({ code: 4, transport: null })
  })
})

describe('doctor at a server that requires a certificate of the client', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('in the handshake of %s', async (maxVersion) => {
    using dir = folder()
    const { ca, caFile, certFile, keyFile } = certificates(dir.path)
    const [key, cert] = [readFileSync(keyFile), readFileSync(certFile)]
    const server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true, maxVersion })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const url = `https://127.0.0.1:${port}`
    const { code, stdout } = await run(['doctor', '--url', url, '--provider', 'None', '--ca-file', caFile])
    expect(stdout).toMatch(
      /: the server refuses the TLS handshake: (certificate required|handshake failure) \(alert \d+\)/,
    )
    expect(stdout).toContain('as --client-cert and --client-key')
    expect(code).toBe(4)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('doctor through a proxy', () => {
  it('that requires a password: tinyproxy', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using proxy = await tinyproxy(dir.path, 'BasicAuth corp s3cretpassword')
    const address = `http://127.0.0.1:${proxy.port}`
    expect(await diagnosed('proxy-password', fake.url, ['--proxy', address])).toEqual({ code: 4, transport: null })
    await isChoiceOfClient(null, fake.url, { proxy: address })
  })

  it('that forbids CONNECT: squid', async () => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release: 'v1.0', seed })
    const forbids = 'acl tunnel method CONNECT\nhttp_access deny tunnel\nhttp_access allow all'
    await using proxy = await squid(dir.path, 's3cretpassword', forbids)
    const address = `http://127.0.0.1:${proxy.port}`
    const args = ['--proxy', address]
    expect(await diagnosed('proxy-forbids-connect', fake.url, args)).toEqual({ code: 0, transport: 'polling' })
    await isChoiceOfClient('polling', fake.url, { proxy: address })
  })
})
