import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { TlsObserver } from '../../src/platform/tls-observer.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A connection whose certificate is valid for so many days from now on. */
const socketFor = (days: number, fingerprint256 = 'AA:BB'): TLSSocket => {
  const socket = new TLSSocket(new Socket())
  const name = { C: '', ST: '', L: '', O: '', OU: '', CN: 'meshery.example.com' }
  vi.spyOn(socket, 'getPeerCertificate').mockReturnValue({
    ca: false,
    raw: Buffer.alloc(0),
    subject: name,
    issuer: name,
    subjectaltname: 'DNS:meshery.example.com',
    valid_from: new Date().toISOString(),
    valid_to: new Date(Date.now() + days * dayMs).toISOString(),
    serialNumber: '',
    fingerprint: '',
    fingerprint256,
    fingerprint512: '',
  })
  vi.spyOn(socket, 'getProtocol').mockReturnValue('TLSv1.3')
  vi.spyOn(socket, 'getCipher').mockReturnValue({ name: '', standardName: 'TLS_AES_256_GCM_SHA384', version: '' })
  socket.authorized = true
  return socket
}

const live = { kind: 'status', state: 'live', transport: 'websocket' } as const
const waiting = { ...live, state: 'waiting' }

/** A client with one connection, and its subscriptions. */
const connected = (days: number) => {
  const observer = new TlsObserver()
  observer.observe(socketFor(days), 'websocket', 'meshery.example.com')
  const subscribe = () => {
    const kinds: string[] = []
    const reporter = observer.reportTo<{ kind: string; state?: string }>(({ kind }) => kinds.push(kind))
    return { kinds, reporter }
  }
  return { observer, subscribe }
}

it('a certificate that comes to expire soon while its connection stays open is reported within a day, once', () => {
  const { kinds, reporter } = connected(20).subscribe()
  reporter.notify(live)
  vi.advanceTimersByTime(6 * dayMs - hourMs)
  expect(kinds).toEqual(['status'])
  vi.advanceTimersByTime(dayMs)
  expect(kinds).toEqual(['status', 'certificate-expires'])
  vi.advanceTimersByTime(30 * dayMs)
  reporter.notify(live)
  expect(kinds).toEqual(['status', 'certificate-expires', 'status'])
})

it('each subscription receives it, and one timer serves all', () => {
  const { subscribe } = connected(15)
  const both = [subscribe(), subscribe()]
  for (const { reporter } of both) reporter.notify(live)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(2 * dayMs)
  for (const { kinds } of both) expect(kinds).toEqual(['status', 'certificate-expires'])
})

it('a subscription that has ended receives nothing more, and the last one leaves no timer', () => {
  const { subscribe } = connected(15)
  const [first, second] = [subscribe(), subscribe()]
  for (const { reporter } of [first, second]) reporter.notify(live)
  first.reporter.stop()
  vi.advanceTimersByTime(2 * dayMs)
  expect(first.kinds).toEqual(['status'])
  expect(second.kinds).toEqual(['status', 'certificate-expires'])
  second.reporter.stop()
  second.reporter.notify(live)
  expect(vi.getTimerCount()).toBe(0)
})

it('a listener may end its subscription at any notice', () => {
  const { observer } = connected(15)
  for (const last of ['status', 'certificate-expires']) {
    const reporter = observer.reportTo(({ kind }) => {
      if (kind === last) reporter.stop()
    })
    reporter.notify(live)
  }
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(2 * dayMs)
  expect(vi.getTimerCount()).toBe(0)
})

it('while there is no connection, nothing is reported and no timer runs', () => {
  const { kinds, reporter } = connected(15).subscribe()
  reporter.notify(live)
  reporter.notify(waiting)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(2 * dayMs)
  expect(kinds).toEqual(['status', 'status'])
  reporter.notify(live)
  expect(kinds).toEqual(['status', 'status', 'status', 'certificate-expires'])
})

it('a new certificate counts in place of the one that it replaces', () => {
  const { observer, subscribe } = connected(15)
  const { kinds, reporter } = subscribe()
  reporter.notify(live)
  observer.observe(socketFor(90, 'CC:DD'), 'websocket', 'meshery.example.com')
  vi.advanceTimersByTime(70 * dayMs)
  expect(kinds).toEqual(['status'])
  vi.advanceTimersByTime(7 * dayMs)
  expect(kinds).toEqual(['status', 'certificate-expires'])
})

it('each subscription of a client ends its reporter, however it ends', async () => {
  vi.useRealTimers()
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const stop = vi.fn()
  const platform: Platform = { ...nodePlatform(), withTls: (listener) => ({ notify: listener, stop }) }
  await using meshery = createMesheryOn(platform)({ url: fake.url, provider: 'None' })
  const closed = meshery.subscribeEvents()
  await closed.ready
  await closed.close()
  expect(stop).toHaveBeenCalledTimes(1)
  const refused = meshery.subscribe('subscription { unknownField }')
  await expect(refused.closed).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  expect(stop).toHaveBeenCalledTimes(2)
  await meshery.subscribeEvents({}, { signal: AbortSignal.abort() }).close()
  expect(stop).toHaveBeenCalledTimes(3)
  meshery.subscribeEvents()
  await meshery.close()
  expect(stop).toHaveBeenCalledTimes(4)
})
