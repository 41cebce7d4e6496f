import { kindOf, refuse, wantNames } from '../base/checks.ts'
import type { NodeOptions, TlsOptions } from './network-options.ts'

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
 * Checks the types of the options that only Node has. Their values are never shown: they may be secret.
 * @throws MesheryError INVALID_OPTION
 */
export const checkNodeOptions = ({ tls, proxy, context }: Omit<NodeOptions, 'connectTimeoutMs'>): void => {
  if (tls !== undefined) wantNames('tls', tls, tlsNames)
  if (proxy !== undefined && proxy !== false && !/^(string|function)$/.test(typeof proxy) && !(proxy instanceof URL))
    refuse('proxy', kindOf(proxy), 'an address, false, or a function')
  if (context !== undefined && (typeof context !== 'string' || context.trim() === ''))
    refuse('context', context === '' ? 'an empty text' : kindOf(context), 'the name of a context of mesheryctl')
}
