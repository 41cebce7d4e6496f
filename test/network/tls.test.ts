import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TlsOptions } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { watch } from '../client/watching.ts'
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
    await vi.waitFor(() => expect(watching.events).toHaveLength(1), 10_000)
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
