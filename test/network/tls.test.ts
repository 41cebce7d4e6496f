import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Notice, TlsOptions } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { follow, type Watching, watch } from '../client/watching.ts'
import { eventually } from '../waiting.ts'
import { type Certificates, certificates, folder, nginx, type Part, passesAll, upgradeMap } from './parts.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const transports = [
  ['websocket', 'v1.0'],
  ['sse', 'current'],
  ['polling', 'current'],
] as const

/** nginx with this certificate before a server. */
const front = (dir: string, { certFile, keyFile }: Certificates, url: string, more = ''): Promise<Part> =>
  nginx(
    dir,
    `${upgradeMap} server { listen 127.0.0.1:PORT ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; ${more}
      location / { proxy_pass ${url}; ${passesAll} } }`,
  )

const urlOf = ({ port }: Part, host = 'localhost'): string => `https://${host}:${port}`

describe.each(transports)('over %s', (transport, release) => {
  /** Reads events through nginx with these options, and expects one to arrive. */
  const delivers = async (
    tls: TlsOptions | undefined,
    more: string,
    made: (dir: string) => Certificates,
  ): Promise<void> => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    await using nginxFront = await front(dir.path, made(dir.path), fake.url, more)
    await using watching = watch(urlOf(nginxFront), { options: { transports: [transport], tls } })
    await watching.subscription.ready
    fake.events.add({ description: 'over TLS' })
    await eventually(() => expect(watching.events).toHaveLength(1))
    expect(watching.subscription.status.transport).toBe(transport)
  }

  it('a private authority is trusted by `tls.ca`', async () => {
    using dir = folder()
    const made = certificates(dir.path)
    await delivers({ ca: made.ca }, '', () => made)
  })

  it('a private authority is trusted by SSL_CERT_FILE', async () => {
    using dir = folder()
    const made = certificates(dir.path)
    vi.stubEnv('SSL_CERT_FILE', made.caFile)
    await delivers(undefined, '', () => made)
  })

  it('a private authority is trusted by SSL_CERT_DIR', async () => {
    using dir = folder()
    const made = certificates(dir.path)
    vi.stubEnv('SSL_CERT_DIR', dir.path)
    await delivers(undefined, '', () => made)
  })

  it('a server that requires a client certificate gets it', async () => {
    using dir = folder()
    const made = certificates(dir.path)
    const own = certificates(dir.path, { prefix: 'client' })
    const tls = { ca: made.ca, cert: readFileSync(own.certFile), key: readFileSync(own.keyFile) }
    await delivers(tls, `ssl_verify_client on; ssl_client_certificate ${own.caFile};`, () => made)
  })

  it('`rejectUnauthorized: false` accepts any certificate', async () => {
    using dir = folder()
    await delivers({ rejectUnauthorized: false }, '', () => certificates(dir.path))
  })

  it('a certificate for another host is accepted by `servername`', async () => {
    using dir = folder()
    const made = certificates(dir.path, { names: ['DNS:meshery.corp.example'] })
    await delivers({ ca: made.ca, servername: 'meshery.corp.example' }, '', () => made)
  })

  const own = { subject: 'O=Corp, CN=meshery', issuer: 'CN=Corp Root' }
  const isConnected = ({ subscription }: Pick<Watching, 'subscription'>): Promise<void> =>
    eventually(() => expect(['live', 'polling']).toContain(subscription.status.state))
  const certificateNotices = ({ notices }: Pick<Watching, 'notices'>): readonly Notice[] =>
    notices.filter(({ kind }) => kind.startsWith('certificate'))

  it.each(['TLSv1.2', 'TLSv1.3'])(
    'the status of a connection has protocol, cipher and certificate: %s',
    async (protocol) => {
      using dir = folder()
      const made = certificates(dir.path)
      await using fake = await startFakeMeshery({ release })
      await using nginxFront = await front(dir.path, made, fake.url, `ssl_protocols ${protocol};`)
      await using watching = watch(urlOf(nginxFront), { options: { transports: [transport], tls: { ca: made.ca } } })
      await isConnected(watching)
      const tls = {
        protocol,
        cipher: expect.stringMatching(/^TLS_\w+$/),
        certificate: {
          ...own,
          hostNames: ['localhost', '127.0.0.1'],
          validTo: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          fingerprint: expect.stringMatching(/^([\dA-F]{2}:){31}[\dA-F]{2}$/),
        },
      }
      expect(watching.subscription.status).toMatchObject({ transport, tls })
      const state = transport === 'polling' ? 'polling' : 'live'
      expect(watching.notices).toContainEqual(
        expect.objectContaining({ kind: 'status', state, tls: watching.subscription.status.tls }),
      )
      for (const notice of watching.notices)
        if ('state' in notice && notice.state !== state) expect(notice).not.toHaveProperty('tls')
      expect(certificateNotices(watching)).toEqual([])
      // Reconnecting changes nothing of it.
      const asked = (): number => fake.stats.dials.length + fake.stats.requests.length
      const before = asked()
      fake.faults.cut()
      await eventually(() => expect(asked()).toBeGreaterThan(before))
      await isConnected(watching)
      expect(watching.subscription.status).toMatchObject({ tls })
    },
  )

  it('a certificate that expires within 14 days is reported, once to each subscription', async () => {
    using dir = folder()
    const made = certificates(dir.path, { days: 13 })
    await using fake = await startFakeMeshery({ release })
    await using nginxFront = await front(dir.path, made, fake.url)
    await using watching = watch(urlOf(nginxFront), { options: { transports: [transport], tls: { ca: made.ca } } })
    const second = follow(watching.meshery)
    for (const one of [watching, second]) await isConnected(one)
    fake.faults.cut()
    fake.events.add({ description: 'after a reconnection' })
    await eventually(() => expect(watching.events).toHaveLength(1))
    await isConnected(watching)
    for (const one of [watching, second]) {
      const notices = certificateNotices(one)
      expect(notices).toEqual([
        { kind: 'certificate-expires', expiresAt: expect.any(Date), certificate: expect.objectContaining(own) },
      ])
      const [notice] = notices
      const leftMs = notice?.kind === 'certificate-expires' ? notice.expiresAt.getTime() - Date.now() : 0
      expect(leftMs / 86_400_000).toBeCloseTo(13, 1)
    }
  })

  it('a certificate that expires later is not reported', async () => {
    using dir = folder()
    const made = certificates(dir.path, { days: 15 })
    await using fake = await startFakeMeshery({ release })
    await using nginxFront = await front(dir.path, made, fake.url)
    await using watching = watch(urlOf(nginxFront), { options: { transports: [transport], tls: { ca: made.ca } } })
    await isConnected(watching)
    expect(certificateNotices(watching)).toEqual([])
  })

  it.each([
    ['untrusted issuer', {}, false, ['untrusted issuer']],
    ['expired', { days: -1 }, true, ['expired']],
    ['wrong host', { names: ['DNS:meshery.corp.example'] }, true, ['wrong host']],
    [
      'all of them',
      { names: ['DNS:meshery.corp.example'], days: -1 },
      false,
      ['untrusted issuer', 'expired', 'wrong host'],
    ],
  ] as const)('a certificate that is accepted unverified is reported (%s)', async (_, made, trusted, failures) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    const server = certificates(dir.path, made)
    await using nginxFront = await front(dir.path, server, fake.url)
    const tls = { rejectUnauthorized: false, ...(trusted && { ca: server.ca }) }
    await using watching = watch(urlOf(nginxFront), { options: { transports: [transport], tls } })
    await isConnected(watching)
    const [notice, ...more] = certificateNotices(watching)
    expect(more).toEqual([])
    expect(notice).toMatchObject({ kind: 'certificate-not-verified', certificate: own })
    const reported = notice?.kind === 'certificate-not-verified' ? notice.failures : []
    // OpenSSL names one failure of the chain: of an untrusted one that has expired, either.
    expect(failures).toEqual(expect.arrayContaining([...reported]))
    for (const failure of failures.length > 1 ? (['expired', 'wrong host'] as const) : failures)
      expect(reported).toContain(failure)
  })

  it.each([
    ['untrusted issuer', {}, false],
    ['expired', { days: -1 }, true],
    ['wrong host', { names: ['DNS:meshery.corp.example'] }, true],
  ] as const)('a certificate that is refused (%s) is named', async (failure, made, trusted) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release })
    const own = certificates(dir.path, made)
    await using nginxFront = await front(dir.path, own, fake.url)
    await using watching = watch(urlOf(nginxFront), {
      options: { transports: [transport], ...(trusted && { tls: { ca: own.ca } }) },
    })
    const error = await watching.failure
    expect(error).toMatchObject({
      code: 'TLS_REFUSED',
      phase: 'tls',
      details: {
        certificate: {
          failure,
          subject: 'O=Corp, CN=meshery',
          issuer: 'CN=Corp Root',
          fingerprint: expect.stringMatching(/^([\dA-F]{2}:){31}[\dA-F]{2}$/),
        },
      },
    })
    expect(error.message).toContain('issuer CN=Corp Root')
  })
})

describe('the TLS options', () => {
  it.each<[what: string, tls: TlsOptions]>([
    ['a key that is none', { cert: 'x', key: 'secret-key-text' }],
    ['an authority that is none', { ca: 'secret-ca-text' }],
  ])('%s is an error that does not show it', async (_, tls) => {
    await using watching = watch('https://127.0.0.1:9', { options: { tls, transports: ['polling'] } })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'INVALID_OPTION', phase: 'tls' })
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('secret')
  })

  it('SSL_CERT_FILE that is missing is reported', async () => {
    vi.stubEnv('SSL_CERT_FILE', '/nowhere/ca.pem')
    await using watching = watch('https://127.0.0.1:9', { options: { transports: ['polling'] } })
    expect((await watching.failure).message).toContain('SSL_CERT_FILE (/nowhere/ca.pem) cannot be read')
  })
})
