import type { Duplex } from 'node:stream'
import { connect as connectTls, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls'
import { codeOf } from '../base/thrown.ts'
import type { CertificateFailure, ServerCertificate } from './tls-connection.ts'

/** A certificate that was refused. */
export interface RefusedCertificate extends ServerCertificate {
  /** Which check failed. */
  readonly failure: CertificateFailure
}

/** Which check Node's code means. */
const failures: readonly (readonly [code: RegExp, failure: CertificateFailure])[] = [
  [/^CERT_HAS_EXPIRED/, 'expired'],
  [/^CERT_NOT_YET_VALID/, 'not valid yet'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID|^HOSTNAME_MISMATCH/, 'wrong host'],
  [/SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|^CERT_(UNTRUSTED|REJECTED|SIGNATURE)|^INVALID_CA/, 'untrusted issuer'],
]

/** Which check of a certificate the error is about; undefined where it is about none. */
export const failureOf = (error: unknown): CertificateFailure | undefined =>
  failures.find(([code]) => code.test(codeOf(error)))?.[1]

/** How long the second look may take, in milliseconds. */
const lookMs = 3_000

/**
 * Looks at the certificate that was refused, since Node shows it only for a wrong host. Connects once more without the
 * check, sends nothing, and closes. Undefined if the server does not show it in time.
 * @param open Opens a connection to the server, through its proxy where there is one.
 */
export async function lookAtCertificate(
  error: unknown,
  servername: string | undefined,
  open: () => Promise<Duplex>,
): Promise<RefusedCertificate | undefined> {
  const failure = failureOf(error)
  if (failure === undefined) return undefined
  let socket: Duplex | undefined
  try {
    socket = await open()
    return { ...describe(await peerCertificate(socket, servername)), failure }
  } catch {
    // The first error is the one to report; this look only adds to it.
    return undefined
  } finally {
    socket?.destroy()
  }
}

function peerCertificate(socket: Duplex, servername: string | undefined): Promise<DetailedPeerCertificate> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no certificate in time')), lookMs)
    const secured = connectTls({ socket, rejectUnauthorized: false, ...(servername && { servername }) })
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      end()
      secured.destroy()
    }
    secured.once('secureConnect', () => finish(() => resolve(secured.getPeerCertificate(true))))
    secured.once('error', (error) => finish(() => reject(error)))
  })
}

const nameOf = (names: unknown): string =>
  Object.entries(names ?? {})
    .map(([key, value]) => `${key}=${[value].flat().join('+')}`)
    .join(', ')

/** A certificate of Node, as it is shown. */
export const describe = ({
  subject,
  issuer,
  subjectaltname,
  valid_from,
  valid_to,
  fingerprint256,
}: PeerCertificate): ServerCertificate => ({
  subject: nameOf(subject),
  issuer: nameOf(issuer),
  hostNames: (subjectaltname ?? '').split(', ').flatMap((name) => name.replace(/^(DNS|IP Address):/, '') || []),
  validFrom: new Date(valid_from).toISOString(),
  validTo: new Date(valid_to).toISOString(),
  fingerprint: fingerprint256,
})

/** The certificate in a sentence, for people. */
export const sentenceOf = (certificate: RefusedCertificate): string => {
  const { failure, subject, issuer, hostNames, validFrom, validTo, fingerprint } = certificate
  const names = hostNames.length > 0 ? ` for ${hostNames.slice(0, 5).join(', ')}` : ''
  return `the certificate ${subject}${names} was refused (${failure}); issuer ${issuer}, valid from ${validFrom} to ${validTo}, SHA-256 ${fingerprint}`
}
