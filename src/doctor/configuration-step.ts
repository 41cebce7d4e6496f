import { MesheryError } from '../base/errors.ts'
import type { MesheryOptions, ResolvedOptions } from '../client/options.ts'
import type { SourcedIdentity } from '../credentials/identity.ts'
import type { Platform } from '../platform/platform.ts'
import type { Finding } from './steps.ts'

/** A setting and its source. Never a secret. */
export interface Setting {
  readonly name: string
  readonly value: unknown
  /** Such as `MESHERY_URL`, a file, or an option; null if there is no value. */
  readonly source: string | null
}

type Variables = Readonly<Record<string, string | undefined>>

/** What the configuration is read from. */
export interface ConfigurationSources {
  readonly options: MesheryOptions
  readonly platform: Platform
  readonly env: Variables
  /** The source of the address of the server. */
  readonly addressSource: string
}

/** The configuration, and where each value comes from. */
export async function checkConfiguration(
  resolved: ResolvedOptions,
  { options, platform, env, addressSource }: ConfigurationSources,
): Promise<Finding> {
  const settings: readonly Setting[] = [
    { name: 'url', value: resolved.url.href, source: addressSource },
    { name: 'transports', value: resolved.transports, source: options.transports ? '`transports`' : 'the default' },
    ...(await identitySettings(resolved.url, options, platform)),
    ...authoritySettings(options, env),
  ]
  const { url, transports, timeouts } = resolved
  const details = { url: url.href, source: addressSource, transports, timeouts, settings }
  return { message: settings.map(textOf).join('; '), details }
}

const textOf = ({ name, value, source }: Setting): string => {
  const shown = Array.isArray(value) ? value.join(', ') : String(value)
  const named = name === 'url' ? shown : `${name} ${shown}`
  return source === null ? named : `${named} from ${source}`
}

/** Where provider and token come from. */
async function identitySettings(
  url: URL,
  { provider, token, credentials }: MesheryOptions,
  platform: Platform,
): Promise<readonly Setting[]> {
  if (credentials !== undefined) return [{ name: 'identity', value: 'asked for', source: '`credentials`' }]
  if (provider !== undefined || token !== undefined)
    return [
      ...(provider === undefined ? [] : [{ name: 'provider', value: provider, source: '`provider`' }]),
      ...(token === undefined ? [] : [{ name: 'token', value: lengthOf(token), source: '`token`' }]),
    ]
  const found = await readIdentity(url, platform)
  if (typeof found === 'string') return [{ name: 'token', value: found, source: null }]
  const { from = {} } = found
  return [
    ...(found.provider === undefined ? [] : [{ name: 'provider', value: found.provider, source: `${from.provider}` }]),
    ...(found.token === undefined ? [] : [{ name: 'token', value: lengthOf(found.token), source: `${from.token}` }]),
  ]
}

/** The default identity, or what there is in its place. */
async function readIdentity(url: URL, platform: Platform): Promise<SourcedIdentity | 'none' | 'unreadable'> {
  try {
    return (await platform.readCredentials(url)) ?? 'none'
  } catch (error) {
    // The step of the credentials reports it.
    if (error instanceof MesheryError) return 'unreadable'
    throw error
  }
}

const lengthOf = (token: string): string => (token === '' ? 'empty' : `of ${token.length} characters`)

/** The certificate authorities that are trusted besides those of Node. */
const authoritySettings = ({ tls }: MesheryOptions, env: Variables): readonly Setting[] => [
  ...(tls?.ca === undefined ? [] : [{ name: 'certificate authorities', value: 'in addition', source: '`tls.ca`' }]),
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => {
    const path = env[name]?.trim()
    return path ? [{ name: 'certificate authorities', value: `in ${path}`, source: name }] : []
  }),
  ...(tls?.cert === undefined ? [] : [{ name: 'certificate of the client', value: 'given', source: '`tls.cert`' }]),
]
