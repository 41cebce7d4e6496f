import { changedError, type ErrorPhase, type MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'

const clientCertificate = 'Give a certificate that the server accepts, and its key, as `tls.cert` and `tls.key`.'

/** What to do about the alerts by which a server ends a TLS handshake, by their numbers (RFC 8446, 6). */
const remedies: Readonly<Partial<Record<number, string>>> = {
  // Up to TLS 1.2 a missing certificate of the client has no alert of its own.
  40: `${clientCertificate} If the server wants none, it shares no cipher with this client.`,
  42: clientCertificate,
  43: clientCertificate,
  44: clientCertificate,
  45: clientCertificate,
  46: clientCertificate,
  48: clientCertificate,
  70: 'Let the server speak TLS 1.2 or later, and do not ask for more in `tls.minVersion`.',
  112: 'Use a host in `url` that the server knows, or set `tls.servername`.',
  116: clientCertificate,
}

/** The alert in OpenSSL's text, such as `tlsv13 alert certificate required:...:SSL alert number 116`. */
const alertIn = /:(?:sslv3|tlsv1\d?) (?:alert )?([a-z ]+):.*SSL alert number (\d+)/

/** The error for what a network layer of Node threw. An alert of TLS is named, since OpenSSL's own text is no sentence. */
export const nodeNetworkError = (thrown: unknown, phase: ErrorPhase, address: string): MesheryError => {
  const error = networkError(thrown, phase, address)
  const [, name = '', digits = ''] = error.code === 'TLS_REFUSED' ? (alertIn.exec(error.message) ?? []) : []
  if (name === '') return error
  const alert = Number(digits)
  return changedError(error, {
    message: `${address}: the server refuses the TLS handshake: ${name} (alert ${alert})`,
    remedy: remedies[alert] ?? error.remedy,
    details: { ...error.details, alert },
  })
}
