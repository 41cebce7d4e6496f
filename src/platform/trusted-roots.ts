import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as tls from 'node:tls'
import { MesheryError } from '../base/errors.ts'
import { messageOf } from '../base/thrown.ts'
import { readText } from './files.ts'
import type { TlsOptions } from './network-options.ts'

type Variables = Readonly<Record<string, string | undefined>>

const asList = (ca: TlsOptions['ca']): readonly (string | Uint8Array)[] => {
  if (ca === undefined) return []
  return typeof ca === 'string' || ArrayBuffer.isView(ca) ? [ca] : ca
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
  const given = [...asList(ca).map(textOf), ...fileOf(env, 'SSL_CERT_FILE'), ...folderOf(env)]
  if (given.length === 0) return undefined
  const defaults = defaultRoots(env)
  const known = new Set(defaults.flatMap(certificatesIn).map(withoutBlanks))
  // The bundle of the system holds, as a rule, what Node trusts already; to parse all of it again blocks for long.
  const added = new Map(given.flatMap(certificatesIn).map((one) => [withoutBlanks(one), one]))
  for (const key of known) added.delete(key)
  if (added.size === 0) return undefined
  // A list replaces the default one, so that has to be in it.
  return [...defaults, ...added.values()]
}

/** The certificates in a text, each as PEM without anything around it. */
const certificatesIn = (text: string): string[] =>
  text.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[\s\S]+?-----END [A-Z0-9 ]*CERTIFICATE-----/g) ?? []

/** Two texts of one certificate may break their lines elsewhere. */
const withoutBlanks = (pem: string): string => pem.replace(/\s/g, '')

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
    const reason = messageOf(cause)
    throw new MesheryError('INVALID_OPTION', `${name} (${path}) cannot be read: ${reason}`, {
      phase: 'tls',
      remedy: `Correct ${name}, or unset it.`,
      details: { option: name },
      cause,
    })
  }
}

/** A larger file in the folder is no certificate, in bytes. */
const mostOfCertificate = 2 ** 20

/** How OpenSSL names the files that it looks for in a folder: by the hash of the subject. */
const hashed = /^[\da-f]{8}\.\d+$/

/** OpenSSL's folder of certificates. What is in it and is no certificate is skipped, as OpenSSL does. */
function folderOf(env: Variables): string[] {
  const folders = env['SSL_CERT_DIR']?.trim()
  if (!folders) return []
  return folders.split(':').flatMap((folder) => {
    try {
      const names = readdirSync(folder)
      const byHash = names.filter((name) => hashed.test(name))
      return (byHash.length > 0 ? byHash : names).flatMap((name) => certificateIn(join(folder, name)))
    } catch {
      return []
    }
  })
}

function certificateIn(path: string): string[] {
  try {
    // A bundle of the system has some hundred of them: each is read only if it is a small regular file.
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > mostOfCertificate) return []
    const text = readFileSync(path, 'utf8')
    return text.includes('-----BEGIN CERTIFICATE-----') ? [text] : []
  } catch {
    return []
  }
}
