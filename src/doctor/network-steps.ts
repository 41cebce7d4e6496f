import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { hostOf, portOf } from '../platform/host.ts'
import type { NodeNetwork } from '../platform/node-network.ts'
import type { Finding } from './steps.ts'

/** A certificate that expires sooner is a warning, in days. */
const soonDays = 14
const dayMs = 86_400_000

export interface NetworkTarget {
  readonly url: URL
  readonly network: NodeNetwork
  readonly timeoutMs: number
}

const late = (what: string, phase: 'dns' | 'tcp' | 'proxy' | 'tls', timeoutMs: number) => (): MesheryError =>
  new MesheryError('TIMED_OUT', `${what} took longer than ${timeoutMs} ms`, { phase, details: { timeout: timeoutMs } })

/** Whether a proxy is used, and its answer to CONNECT. */
export async function checkProxy({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  const proxy = network.proxyFor(url)
  if (!proxy) return { status: 'skipped', message: 'No proxy is set for this address' }
  const details = { proxy: proxy.address, source: proxy.source }
  const named = `The proxy ${proxy.address} (${proxy.source})`
  try {
    const socket = await withTimeout(timeoutMs, late(named, 'proxy', timeoutMs), undefined, () => network.open(url))
    socket.destroy()
  } catch (error) {
    const onlySockets = url.protocol === 'http:' && error instanceof MesheryError && error.code === 'PROXY_REFUSED'
    if (!onlySockets || error.details['status'] === 407) throw error
    // A proxy needs no tunnel for http: only a WebSocket does.
    return { status: 'warning', message: `${error.message}: no WebSocket passes it`, remedy: error.remedy, details }
  }
  return { message: `${named} opens a tunnel to ${url.host}`, details }
}

/** The addresses of the host. */
export async function checkDns({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return { status: 'skipped', message: `${host} is an address already` }
  if (network.proxyFor(url)) return { status: 'skipped', message: 'The proxy resolves the name' }
  const found = await withTimeout(timeoutMs, late(`Resolving ${host}`, 'dns', timeoutMs), undefined, () =>
    lookup(host, { all: true }),
  )
  const addresses = found.map(({ address }) => address)
  return { message: `${host} is ${addresses.join(', ')}`, details: { addresses } }
}

/** Connects to each address. */
export async function checkTcp(target: NetworkTarget): Promise<Finding> {
  const { url, network } = target
  if (network.proxyFor(url)) return { status: 'skipped', message: 'The proxy connects' }
  const host = hostOf(url)
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }]
  const tries = await Promise.all(addresses.map(({ address }) => tryAddress(address, target)))
  const works = tries.filter(({ error }) => error === undefined)
  const texts = tries.map(({ address, tookMs, error }) => `${address}: ${error?.message ?? `${tookMs} ms`}`)
  if (works.length === 0) throw tries[0]?.error ?? new Error('no address')
  const details = { addresses: tries.map(({ address, error }) => ({ address, code: error?.code ?? null })) }
  const message = `Port ${portOf(url)} answers (${texts.join('; ')})`
  if (works.length === tries.length) return { message, details }
  const remedy = 'Remove the addresses that do not answer from DNS: each costs the time of a failed connection.'
  return { status: 'warning', message, remedy, details }
}

interface Try {
  readonly address: string
  readonly tookMs: number
  readonly error?: MesheryError
}

async function tryAddress(address: string, { url, timeoutMs }: NetworkTarget): Promise<Try> {
  const began = now()
  const place = isIP(address) === 6 ? `[${address}]:${portOf(url)}` : `${address}:${portOf(url)}`
  let socket: Socket | undefined
  try {
    await withTimeout(timeoutMs, late(`Connecting to ${place}`, 'tcp', timeoutMs), undefined, async () => {
      socket = connectTcp({ host: address, port: portOf(url) })
      await connected(socket, 'connect')
    })
    return { address, tookMs: Math.round(now() - began) }
  } catch (thrown) {
    return { address, tookMs: Math.round(now() - began), error: networkError(thrown, 'tcp', place) }
  } finally {
    socket?.destroy()
  }
}

const connected = (socket: Duplex, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
  })

/** The handshake, the protocol and the certificate. */
export async function checkTls({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  if (url.protocol !== 'https:') {
    return { status: 'skipped', message: 'The address is http: nothing is encrypted' }
  }
  let secured: TLSSocket | undefined
  try {
    return await withTimeout(timeoutMs, late('The TLS handshake', 'tls', timeoutMs), undefined, async () => {
      const socket = await network.open(url)
      secured = connectTls({ ...network.secureOptions(), socket, servername: network.servername(url) ?? '' })
      await connected(secured, 'secureConnect')
      return describeTls(secured)
    })
  } catch (thrown) {
    throw thrown instanceof Error && !(thrown instanceof MesheryError)
      ? networkError(await network.explain(thrown, url), 'tls', url.origin)
      : thrown
  } finally {
    secured?.destroy()
  }
}

function describeTls(socket: TLSSocket): Finding {
  const certificate: PeerCertificate = socket.getPeerCertificate()
  const expires = new Date(certificate.valid_to)
  const leftDays = Math.floor((expires.getTime() - Date.now()) / dayMs)
  const details = {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    subject: certificate.subject?.CN ?? null,
    issuer: certificate.issuer?.CN ?? null,
    expires: expires.toISOString(),
    verified: socket.authorized,
  }
  const message = `${details.protocol}, ${details.cipher}; certificate ${details.subject} by ${details.issuer}, valid until ${details.expires}`
  if (!socket.authorized) {
    const remedy = 'Trust its authority by `tls.ca` or SSL_CERT_FILE, and leave `rejectUnauthorized` out.'
    return { status: 'warning', message: `${message}; not verified`, remedy, details }
  }
  if (leftDays >= soonDays) return { message, details }
  return { status: 'warning', message, remedy: `Renew the certificate: ${leftDays} days are left.`, details }
}
