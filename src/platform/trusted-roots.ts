import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as tls from 'node:tls'
import { MesheryError } from '../base/errors.ts'
import { readText } from './files.ts'
import type { TlsOptions } from './network-options.ts'

type Variables = Readonly<Record<string, string | undefined>>

const asList = (ca: TlsOptions['ca']): readonly (string | Uint8Array)[] => {
  if (ca === undefined) return []
  return typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca
}

/** @throws MesheryError INVALID_OPTION for what is no certificate: Node ignores it. */
const textOf = (pem: string | Uint8Array): string => {
  const text = typeof pem === 'string' ? pem : Buffer.from(pem).toString()
  if (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return text
  throw new MesheryError('INVALID_OPTION', '`tls.ca` is no certificate', {
    phase: 'tls',
    remedy: 'Give `ca` as PEM text: it begins with -----BEGIN CERTIFICATE-----.',
    details: { option: 'tls.ca' },
  })
}

/**
 * The certificate authorities to trust: the default ones of Node and those of `tls.ca`, SSL_CERT_FILE and SSL_CERT_DIR.
 * Undefined where nothing is added: Node then uses its default ones, NODE_EXTRA_CA_CERTS included.
 * @throws MesheryError INVALID_OPTION for a file that cannot be read.
 */
export function trustedRoots(ca: TlsOptions['ca'], env: Variables): string[] | undefined {
  const added = [...asList(ca).map(textOf), ...fileOf(env, 'SSL_CERT_FILE'), ...folderOf(env)]
  if (added.length === 0) return undefined
  // A list replaces the default one, so that has to be in it.
  return [...defaultRoots(env), ...added]
}

/** Node 20 has no function for its default list: the built-in one, and NODE_EXTRA_CA_CERTS. */
function defaultRoots(env: Variables): readonly string[] {
  const get: unknown = Reflect.get(tls, 'getCACertificates')
  const list: unknown = typeof get === 'function' ? get('default') : undefined
  if (Array.isArray(list)) return list.map(String)
  return [...tls.rootCertificates, ...fileOf(env, 'NODE_EXTRA_CA_CERTS')]
}

function fileOf(env: Variables, name: string): string[] {
  const path = env[name]?.trim()
  if (!path) return []
  try {
    const text = readText(path)
    if (text === undefined) throw new Error('there is no such file')
    return [text]
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MesheryError('INVALID_OPTION', `${name} (${path}) cannot be read: ${reason}`, {
      phase: 'tls',
      remedy: `Correct ${name}, or unset it.`,
      details: { option: name },
      cause,
    })
  }
}

/** OpenSSL's folder of certificates. What is in it and is no certificate is skipped, as OpenSSL does. */
function folderOf(env: Variables): string[] {
  const folders = env['SSL_CERT_DIR']?.trim()
  if (!folders) return []
  return folders.split(':').flatMap((folder) => {
    try {
      return readdirSync(folder).flatMap((name) => certificateIn(join(folder, name)))
    } catch {
      return []
    }
  })
}

function certificateIn(path: string): string[] {
  try {
    const text = readText(path)
    return text?.includes('-----BEGIN CERTIFICATE-----') ? [text] : []
  } catch {
    return []
  }
}
