import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Diagnosis, type DiagnosisStep, diagnose } from '../../src/doctor/index.ts'
import type { MesheryOptions } from '../../src/index.ts'
import { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from '../../src/testing/index.ts'
import { type Finished, run } from '../cli/in-process.ts'
import { reservePort } from '../reserve-port.ts'
import { sampled } from '../sample.ts'
import { withEnoughMs } from '../waiting.ts'

const stepOf = ({ steps }: Diagnosis, name: DiagnosisStep['name']): DiagnosisStep | undefined =>
  steps.find((step) => step.name === name)

/** A server that accepts connections and sends nothing. */
const silentServer = async (): Promise<{ readonly port: number } & AsyncDisposable> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.resume())
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What does not answer is given up after so many milliseconds. */
const optionsWith = (ms: number): MesheryOptions => ({
  provider: 'None',
  timeouts: { connect: ms, request: ms, pong: ms, firstByte: ms, close: 500 },
})
const options = optionsWith(4_000)

const auth = { provider: 'Meshery', token: 'a-token-of-some-length' }

interface Case {
  readonly what: string
  readonly fake?: FakeMesheryOptions
  /** @param ms The time-outs. */
  readonly set?: (fake: FakeMeshery, ms: number) => void
  readonly options?: MesheryOptions
  readonly step: DiagnosisStep['name']
  readonly finds: Readonly<Record<string, unknown>>
  readonly transport: Diagnosis['transport']
  /** Beside the others it would take so long that the connection is cut before it is looked at. */
  readonly isAlone?: boolean
}

const matching = (text: RegExp): unknown => expect.stringMatching(text)

const cases: readonly Case[] = [
  {
    what: 'upgrades that get no answer',
    fake: { release: 'v1.0' },
    set: ({ faults }) => faults.answer('upgrade', 'silence'),
    step: 'websocket',
    finds: {
      status: 'failed',
      details: { code: 'TIMED_OUT', phase: 'upgrade', blockedBy: 'something between here and Meshery' },
    },
    transport: 'polling',
  },
  {
    what: 'upgrades that are refused, with the status and the first line of the body',
    fake: { release: 'v1.0' },
    set: ({ faults }) => faults.answer('upgrade', 403, { body: '\nblocked by policy 7\nmore' }),
    step: 'websocket',
    finds: { status: 'failed', details: { status: 403, body: 'blocked by policy 7' } },
    transport: 'polling',
  },
  {
    what: 'a WebSocket that is not acknowledged',
    fake: { release: 'v1.0' },
    set: ({ faults }) => faults.delayAck(Number.POSITIVE_INFINITY),
    step: 'ack',
    finds: { status: 'failed', details: { code: 'TIMED_OUT', phase: 'ack' } },
    transport: 'polling',
  },
  {
    what: 'a connection that is cut soon after it opened',
    fake: { release: 'v1.0' },
    set: ({ faults }, ms) => faults.cutYoung(ms / 13),
    isAlone: true,
    step: 'subscription',
    finds: { status: 'failed', details: { code: 'CONNECTION_LOST', blockedBy: expect.any(String) } },
    transport: 'polling',
  },
  {
    what: 'SSE that is held back',
    set: ({ faults }) => faults.block('sse'),
    step: 'sse',
    finds: { status: 'failed', remedy: matching(/proxy_buffering off/), details: { reason: 'buffered' } },
    transport: 'polling',
  },
  {
    what: 'a login page of a gateway',
    set: ({ faults }) => faults.answer('everything', 302, { headers: { location: 'https://sso.corp.example/login' } }),
    step: 'server',
    finds: { status: 'failed', message: matching(/sso\.corp\.example/), details: { code: 'GATEWAY_LOGIN' } },
    transport: null,
  },
  {
    what: 'a server that answers 429',
    set: ({ faults }) => faults.answer('everything', 429, { headers: { 'retry-after': '60' } }),
    step: 'server',
    finds: { status: 'failed', details: { code: 'RATE_LIMITED', retryAfter: 60_000 } },
    transport: null,
  },
  {
    what: 'a provider that the server does not have',
    fake: { release: 'v1.0' },
    options: { provider: 'Another' },
    step: 'credentials',
    finds: { status: 'failed', message: matching(/the provider `Another` .*is refused/) },
    transport: null,
  },
  {
    what: 'a remote provider that is down',
    fake: { release: 'v1.0', auth },
    set: ({ faults }) => faults.providerDown(),
    options: auth,
    step: 'credentials',
    finds: { status: 'warning', message: matching(/^The credentials are not proved/) },
    transport: null,
  },
  {
    what: 'a function for credentials that fails',
    options: {
      provider: undefined,
      credentials: () => {
        throw new Error('no vault')
      },
    },
    step: 'credentials',
    finds: { status: 'failed', message: matching(/the function failed/), details: { code: 'CREDENTIALS_UNREADABLE' } },
    transport: null,
  },
  {
    what: 'TLS to a port without it',
    options: { url: 'https:' },
    step: 'tls',
    finds: { status: 'failed', remedy: matching(/^Use http:/), details: { code: 'WRONG_SCHEME' } },
    transport: null,
  },
]

describe('a diagnosis finds', () => {
  const finds = ({ fake: fakeOptions, set, options: own, step, finds, transport }: Case): Promise<void> =>
    withEnoughMs(async (ms) => {
      await using fake = await startFakeMeshery({ keepAlive: 100, ...fakeOptions })
      set?.(fake, ms)
      const url = own?.url === 'https:' ? fake.url.replace('http:', 'https:') : fake.url
      const diagnosis = await diagnose({ ...optionsWith(ms), ...own, url })
      expect(stepOf(diagnosis, step)).toMatchObject(finds)
      expect(diagnosis.transport).toBe(transport)
    }, 4_000)

  const chosen = sampled(cases, 5, 'diagnoses')

  it.each(chosen.filter(({ isAlone }) => isAlone === true))('$what', finds)

  it.concurrent.each(chosen.filter(({ isAlone }) => isAlone !== true))('$what', finds)

  it.concurrent('a TLS handshake that never ends', async () => {
    await using silent = await silentServer()
    const diagnosis = await diagnose({ ...options, url: `https://127.0.0.1:${silent.port}` })
    expect(stepOf(diagnosis, 'tls')).toMatchObject({ status: 'failed', details: { code: 'TIMED_OUT', phase: 'tls' } })
  })

  it.concurrent('a server that answers nothing', async () => {
    await using silent = await silentServer()
    const diagnosis = await diagnose({ ...options, url: `http://127.0.0.1:${silent.port}` })
    expect(stepOf(diagnosis, 'server')).toMatchObject({ status: 'failed', details: { code: 'TIMED_OUT' } })
  })

  it.concurrent.each(
    sampled(
      [
        ['is down', undefined, 'CONNECTION_REFUSED'],
        ['answers nothing', silentServer, 'TIMED_OUT'],
      ] as const,
      1,
      'proxies',
    ),
  )('a proxy that %s', async (_, start, code) => {
    await using fake = await startFakeMeshery()
    using gone = await reservePort()
    await using proxy = await start?.()
    const address = `http://127.0.0.1:${(proxy ?? gone).port}`
    const diagnosis = await diagnose({ ...options, url: fake.url, proxy: address })
    expect(stepOf(diagnosis, 'proxy')).toMatchObject({ status: 'failed', details: { code, proxy: address } })
    expect(stepOf(diagnosis, 'dns')).toMatchObject({ status: 'skipped', message: 'An earlier step failed' })
  })

  it('the addresses of a name, A and AAAA', async () => {
    using gone = await reservePort()
    const diagnosis = await diagnose({ ...options, url: `http://localhost:${gone.port}` })
    const { message, details } = stepOf(diagnosis, 'dns') ?? {}
    expect(message).toMatch(/^localhost: A .+; AAAA .+$/)
    expect([details?.['a'], details?.['aaaa']].flat().toSorted()).toEqual([details?.['addresses']].flat().toSorted())
  })

  it('that no address answers, and names each of them', async () => {
    using gone = await reservePort()
    const diagnosis = await diagnose({ ...options, url: `http://localhost:${gone.port}` })
    const tcp = stepOf(diagnosis, 'tcp')
    const addresses = [stepOf(diagnosis, 'dns')?.details['addresses']].flat().map(String)
    expect(tcp?.status).toBe('failed')
    expect(addresses.filter((address) => !tcp?.message.includes(address))).toEqual([])
  })
})

/** A home directory with mesheryctl's files for the server. */
const homeFor = (url: string, authFile: string, mode = 0o600): { readonly path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'meshery-live-'))
  mkdirSync(join(path, '.meshery'))
  const config = `contexts:\n  local:\n    endpoint: ${url}\n    token: default\ncurrent-context: local\ntokens:\n  - name: default\n    location: auth.json\n`
  writeFileSync(join(path, '.meshery', 'config.yaml'), config)
  writeFileSync(join(path, '.meshery', 'auth.json'), authFile)
  chmodSync(join(path, '.meshery', 'auth.json'), mode)
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

const lineOf = ({ stdout }: Finished, step: string): string =>
  stdout.split('\n').find((line) => new RegExp(`^\\S+ +${step} `).test(line)) ?? ''

describe('doctor names where', () => {
  it('the token comes from, and warns of a file that others may read', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    const file = JSON.stringify({ 'meshery-provider': auth.provider, token: auth.token })
    using home = homeFor(fake.url, file, 0o644)
    const finished = await run(['doctor'], { HOME: home.path })
    expect(lineOf(finished, 'configuration')).toContain("from mesheryctl's context local")
    expect(lineOf(finished, 'configuration')).toContain(`token of 22 characters from ${home.path}`)
    expect(lineOf(finished, 'credentials')).toMatch(/^warning .*Other users of this machine may read the token/)
    expect(finished.stdout).toMatch(/\n +Run `chmod 600 /)
    expect(finished.stdout).not.toContain(auth.token)
    expect(finished.code).toBe(0)
  })

  it('a logged-out mesheryctl keeps its token', async () => {
    await using fake = await startFakeMeshery({ auth })
    using home = homeFor(fake.url, '')
    const finished = await run(['doctor'], { HOME: home.path })
    expect(lineOf(finished, 'credentials')).toMatch(/^FAILED .*mesheryctl is logged out/)
    expect(lineOf(finished, 'polling')).toContain('Nothing was sent: the credentials are expired or unreadable')
    expect(finished.code).toBe(3)
  })

  it('a token of another server is not used', async () => {
    await using fake = await startFakeMeshery({ auth })
    using home = homeFor('http://127.0.0.1:9', JSON.stringify({ 'meshery-provider': 'Meshery', token: 'of-another' }))
    const finished = await run(['doctor', '--url', fake.url], { HOME: home.path })
    expect(lineOf(finished, 'configuration')).toMatch(/from --url; .*; token none$/)
  })

  it('certificate authorities come from, and ends with 2 if they cannot be read', async () => {
    await using silent = await silentServer()
    const args = ['doctor', '--url', `https://127.0.0.1:${silent.port}`]
    const finished = await run(args, { SSL_CERT_FILE: '/nowhere/ca.pem' })
    expect(lineOf(finished, 'configuration')).toContain('in /nowhere/ca.pem from SSL_CERT_FILE')
    expect(lineOf(finished, 'tls')).toMatch(/^FAILED .*SSL_CERT_FILE \(\/nowhere\/ca\.pem\) cannot be read/)
    expect(finished.code).toBe(2)
  })

  it.each(
    sampled(
      [
        ['no proxy is set', {}, [], 'none is set'],
        ['this machine is asked', { HTTP_PROXY: 'http://proxy:1' }, [], 'HTTP_PROXY is set, but not for this machine'],
        ['--proxy none is given', {}, ['--proxy', 'none'], '--proxy says that none is used'],
      ],
      1,
      'decided',
    ),
  )('a proxy is decided: %s', async (_, env, args, reason) => {
    using gone = await reservePort()
    const finished = await run(['doctor', '--url', gone.url, ...args], env)
    expect(lineOf(finished, 'proxy')).toContain(`No proxy is used: ${reason}`)
  })

  it('NO_PROXY excludes a host', async () => {
    const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '.invalid' }
    const finished = await run(['doctor', '--url', 'http://meshery.invalid'], env)
    expect(lineOf(finished, 'proxy')).toContain('HTTP_PROXY is set, but NO_PROXY names meshery.invalid')
  })
})
