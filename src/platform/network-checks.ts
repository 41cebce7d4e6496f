import { isRecord, kindOf, refuse, wantNames } from '../base/checks.ts'
import type { NetworkOptions, TlsOptions } from './network-options.ts'

const tlsNames = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'servername',
  'rejectUnauthorized',
  'minVersion',
] as const satisfies readonly (keyof TlsOptions)[]

/**
 * The options of the network, checked. Their values are never shown: they may be secret.
 * @throws MesheryError INVALID_OPTION
 */
export function checkNetworkOptions(options: NetworkOptions): NetworkOptions {
  const { tls, proxy } = options
  if (tls !== undefined) wantNames('tls', tls, tlsNames)
  if (
    proxy !== undefined &&
    proxy !== false &&
    !/^(string|function)$/.test(typeof proxy) &&
    !(isRecord(proxy) && 'href' in proxy)
  )
    refuse('proxy', kindOf(proxy), 'an address, false, or a function')
  return options
}
