import { BlockList, isIP } from 'node:net'
import { MesheryError } from '../base/errors.ts'
import { hostOf, isLoopback, portOf } from './host.ts'
import type { ProxyOption } from './network-options.ts'

/** The proxy for a request. */
export interface HttpProxy {
  /** With the user and the password. */
  readonly url: URL
  /** For people: scheme, host and port alone. */
  readonly address: string
  /** Where it is set, such as `HTTPS_PROXY`. */
  readonly source: string
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The proxy for the target; undefined for a direct connection. `proxy` decides if it is set, else the environment, as in Go
 * and curl: HTTPS_PROXY for https and wss, HTTP_PROXY for http and ws, else ALL_PROXY, each in lower case first, except for
 * hosts in NO_PROXY and for this machine.
 * @throws MesheryError INVALID_OPTION for an address that is none.
 */
export function proxyFor(target: URL, option: ProxyOption | undefined, env: Variables): HttpProxy | undefined {
  if (option === undefined) return proxyOfEnvironment(target, env)
  const given = typeof option === 'function' ? option(target) : option
  return given === false ? undefined : readProxy(given, '`proxy`')
}

function proxyOfEnvironment(target: URL, env: Variables): HttpProxy | undefined {
  const source = variableFor(target, env)
  if (source === undefined || isLoopback(target) || isExcepted(target, noProxyOf(env))) return undefined
  return readProxy((env[source] ?? '').trim(), source)
}

/** The variable that names the proxy for the target; undefined if none does. */
function variableFor(target: URL, env: Variables): string | undefined {
  const name = /^(https|wss):$/.test(target.protocol) ? 'https_proxy' : 'http_proxy'
  return [name, name.toUpperCase(), 'all_proxy', 'ALL_PROXY'].find((one) => env[one]?.trim())
}

const noProxyOf = (env: Variables): string => env['no_proxy'] ?? env['NO_PROXY'] ?? ''

/** Why `proxyFor` returns no proxy, for people. */
export function reasonForDirect(target: URL, option: ProxyOption | undefined, env: Variables): string {
  if (option !== undefined) return '`proxy` says that none is used'
  const source = variableFor(target, env)
  if (source === undefined) return 'none is set'
  if (isLoopback(target)) return `${source} is set, but not for this machine`
  return `${source} is set, but NO_PROXY names ${hostOf(target)}`
}

/** Reads the address of a proxy. Without a scheme it is http. */
function readProxy(given: string | URL, source: string): HttpProxy {
  const text = String(given)
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new MesheryError('INVALID_OPTION', `${source} is no address of an HTTP proxy`, {
      phase: 'options',
      remedy: 'Use an address such as http://proxy.example.com:3128. SOCKS is not supported.',
      details: { option: source },
    })
  return { url, address: `${url.protocol}//${url.host}`, source }
}

/** Whether NO_PROXY names the target: a host or its domain, an address, a CIDR block, each with or without a port, or `*`. */
function isExcepted(target: URL, noProxy: string): boolean {
  const host = hostOf(target)
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matchesEntry(entry, host, `${portOf(target)}`))
}

function matchesEntry(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(entry) ?? []
  const name = bracketed ?? plain
  if (name === undefined || (entryPort !== undefined && entryPort !== port)) return false
  if (name.includes('/')) return isInBlock(host, name)
  if (isIP(host) !== 0) return isInBlock(host, `${name}/${isIP(name) === 6 ? 128 : 32}`)
  const domain = name.replace(/^\*?\./, '')
  return host === domain || host.endsWith(`.${domain}`)
}

/** Whether the host is an address in the CIDR block. */
function isInBlock(host: string, block: string): boolean {
  const [network = '', length = ''] = block.split('/')
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const bits = Number(length)
  if (isIP(network) === 0 || isIP(host) === 0 || !(bits >= 0 && bits <= (family === 'ipv6' ? 128 : 32))) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')
}
