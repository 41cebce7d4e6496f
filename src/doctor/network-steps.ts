import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { now } from '../base/clock.ts'
import { changedError, type ErrorPhase, hasCode, MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { hostOf, portOf } from '../platform/host.ts'
import type { NodeNetwork } from '../platform/node-network.ts'
import type { Finding } from './steps.ts'

/** The way to the server. */
export interface NetworkTarget {
  readonly url: URL
  readonly network: NodeNetwork
  /** How long one step may take, in milliseconds. */
  readonly timeoutMs: number
}

/** Makes the error of a step that took too long. */
export const lateError =
  (what: string, phase: ErrorPhase, timeoutMs: number, more: Finding['details'] = {}): (() => MesheryError) =>
  () => {
    const details = { ...more, timeout: timeoutMs }
    return new MesheryError('TIMED_OUT', `${what} took longer than ${timeoutMs} ms`, { phase, details })
  }

/** Whether a proxy is used, and its answer to CONNECT. */
export async function checkProxy({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  const proxy = network.proxyFor(url)
  if (!proxy) return { status: 'skipped', message: `No proxy is used: ${network.reasonForDirect(url)}` }
  const details = { proxy: proxy.address, source: proxy.source }
  const named = `The proxy ${proxy.address} (${proxy.source})`
  const late = lateError(named, 'proxy', timeoutMs, details)
  try {
    const socket = await withTimeout(timeoutMs, late, undefined, () => network.open(url))
    socket.destroy()
  } catch (error) {
    const onlySockets = url.protocol === 'http:' && hasCode(error, 'PROXY_REFUSED')
    if (!onlySockets || error.details['status'] === 407) throw error
    // A proxy needs no tunnel for http: only a WebSocket does.
    const message = `${error.message}: no WebSocket passes it`
    return { status: 'warning', message, remedy: error.remedy, details: { ...details, ...error.details } }
  }
  return { message: `${named} opens a tunnel to ${url.host}`, details }
}

/** The addresses of the host: A and AAAA, as the resolver of this machine gives them to the client. */
export async function checkDns({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return { status: 'skipped', message: `${host} is an address already` }
  if (network.proxyFor(url)) return { status: 'skipped', message: 'The proxy resolves the name' }
  const late = lateError(`Resolving ${host}`, 'dns', timeoutMs)
  const found = await withTimeout(timeoutMs, late, undefined, () => lookup(host, { all: true }))
  const ofFamily = (wanted: number): readonly string[] =>
    found.filter(({ family }) => family === wanted).map(({ address }) => address)
  const [a, aaaa] = [ofFamily(4), ofFamily(6)]
  const textOf = (addresses: readonly string[]): string => addresses.join(', ') || 'none'
  const details = { addresses: found.map(({ address }) => address), a, aaaa }
  return { message: `${host}: A ${textOf(a)}; AAAA ${textOf(aaaa)}`, details }
}

/** Connects to each address. */
export async function checkTcp(target: NetworkTarget): Promise<Finding> {
  const { url, network } = target
  if (network.proxyFor(url)) return { status: 'skipped', message: 'The proxy connects' }
  const host = hostOf(url)
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }]
  const tries = await Promise.all(addresses.map(({ address }) => tryAddress(address, target)))
  const details = { addresses: tries.map(({ address, error }) => ({ address, code: error?.code ?? null })) }
  const errors = tries.flatMap(({ error }) => (error === undefined ? [] : [error]))
  const [first] = errors
  if (first && errors.length === tries.length) {
    const message = errors.map((error) => error.message).join('; ')
    throw changedError(first, { message, details: { ...first.details, ...details } })
  }
  const texts = tries.map(({ address, tookMs, error }) => `${address}: ${error?.message ?? `${tookMs} ms`}`)
  const message = `Port ${portOf(url)} answers (${texts.join('; ')})`
  if (!first) return { message, details }
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
    await withTimeout(timeoutMs, lateError(`Connecting to ${place}`, 'tcp', timeoutMs), undefined, async () => {
      socket = connectTcp({ host: address, port: portOf(url) })
      await connected(socket)
    })
    return { address, tookMs: Math.round(now() - began) }
  } catch (thrown) {
    return { address, tookMs: Math.round(now() - began), error: networkError(thrown, 'tcp', place) }
  } finally {
    socket?.destroy()
  }
}

const connected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
