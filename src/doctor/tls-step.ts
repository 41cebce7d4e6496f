import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { MesheryError } from '../base/errors.ts'
import { isError } from '../base/thrown.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { hostOf } from '../platform/host.ts'
import { nodeNetworkError } from '../platform/tls-alerts.ts'
import { lateError, type NetworkTarget } from './network-steps.ts'
import type { Finding } from './steps.ts'

/** A certificate that expires sooner is a warning, in days. */
const soonDays = 14
const dayMs = 86_400_000
/** A chain is followed so far: a certificate can name itself as its issuer. */
const longestChain = 10

/** A certificate of the chain, the server's first. */
interface ChainLink {
  readonly subject: string | null
  readonly issuer: string | null
  readonly expires: string
  /** SHA-256, as hexadecimal pairs. */
  readonly fingerprint: string
}

/** The handshake, the protocol and the chain of certificates. */
export async function checkTls({ url, network, timeoutMs }: NetworkTarget): Promise<Finding> {
  if (url.protocol !== 'https:') {
    return { status: 'skipped', message: 'The address is http: nothing is encrypted' }
  }
  const late = lateError('The TLS handshake', 'tls', timeoutMs)
  let secured: TLSSocket | undefined
  try {
    return await withTimeout(timeoutMs, late, undefined, async () => {
      const socket = await network.open(url)
      const servername = network.servername(url) ?? ''
      // Without `servername`, which an address cannot be, Node checks the certificate against `host`.
      secured = connectTls({ ...network.secureOptions(), socket, host: hostOf(url), servername })
      await handshake(secured)
      return describeTls(secured)
    })
  } catch (thrown) {
    throw isError(thrown) && !(thrown instanceof MesheryError)
      ? nodeNetworkError(await network.explain(thrown, url), 'tls', url.origin)
      : thrown
  } finally {
    secured?.destroy()
  }
}

const handshake = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })

function describeTls(socket: TLSSocket): Finding {
  const certificate = socket.getPeerCertificate(true)
  const chain = chainOf(certificate)
  const expires = new Date(certificate.valid_to)
  const leftDays = Math.floor((expires.getTime() - Date.now()) / dayMs)
  const details = {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    expires: expires.toISOString(),
    verified: socket.authorized,
    chain,
  }
  const names = [...chain.map(({ subject }) => subject), chain.at(-1)?.issuer].filter(isNew).join(' < ')
  const message = `${details.protocol}, ${details.cipher}; certificate ${names}, valid until ${details.expires}`
  if (!socket.authorized) {
    const remedy = 'Trust its authority by `tls.ca` or SSL_CERT_FILE, and leave `rejectUnauthorized` out.'
    const problem = `not verified (${socket.authorizationError})`
    return { status: 'warning', message: `${message}; ${problem}`, remedy, details }
  }
  if (leftDays >= soonDays) return { message, details }
  return { status: 'warning', message, remedy: `Renew the certificate: ${leftDays} days are left.`, details }
}

const isNew = (
  name: string | null | undefined,
  index: number,
  names: readonly (string | null | undefined)[],
): boolean => names.indexOf(name) === index

function chainOf(first: DetailedPeerCertificate): readonly ChainLink[] {
  const chain: ChainLink[] = []
  let next: DetailedPeerCertificate | undefined = first
  while (next && chain.length < longestChain) {
    chain.push({
      subject: nameOf(next.subject),
      issuer: nameOf(next.issuer),
      expires: new Date(next.valid_to).toISOString(),
      fingerprint: next.fingerprint256,
    })
    const issuer: DetailedPeerCertificate | undefined = next.issuerCertificate
    next = issuer === next ? undefined : issuer
  }
  return chain
}

/** The common name; null where there is none. */
const nameOf = (names: { readonly CN?: string | string[] } | undefined): string | null =>
  names?.CN === undefined ? null : [names.CN].flat().join('+')
