import { checkServerIdentity, type PeerCertificate, TLSSocket } from 'node:tls'
import { Timer } from '../base/timer.ts'
import { describe, failureOf } from './certificate.ts'
import type { CertificateFailure, CertificateNotice, TlsConnection, TlsReporter } from './tls-connection.ts'

const dayMs = 24 * 3_600_000
/** How long before a certificate expires that is reported, in milliseconds. */
const expiresSoonMs = 14 * dayMs

/** A notice, as far as it matters here. */
interface ReportedNotice {
  readonly kind: string
  readonly state?: string
  readonly transport?: string | null
}

/** What was seen of a connection. */
interface Seen {
  readonly tls: TlsConnection
  readonly failures: readonly CertificateFailure[]
}

/**
 * Knows the TLS of the newest connection of a client: that of its WebSockets, and that of its other requests. Once a day it looks
 * whether a certificate now expires soon: a connection may stay open for weeks.
 */
export class TlsObserver {
  readonly #sockets = new WeakSet<TLSSocket>()
  readonly #seen: { websocket?: Seen | undefined; http?: Seen | undefined } = {}
  /** The subscriptions on a connection with TLS, each with its next look at the certificate. */
  readonly #looks = new Set<() => void>()
  readonly #nextLook = new Timer()

  /**
   * To be called when a connection answers. One without TLS is ignored.
   * @param host The name or address that the certificate must be for.
   */
  observe(socket: unknown, channel: 'websocket' | 'http', host: string): void {
    if (!(socket instanceof TLSSocket) || this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    const certificate = socket.getPeerCertificate()
    // An anonymous cipher has none, nor has a socket that has just closed.
    if (!certificate?.fingerprint256) return
    const tls = {
      protocol: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      certificate: describe(certificate),
    }
    this.#seen[channel] = { tls, failures: failuresOf(socket, certificate, host) }
  }

  /**
   * Passes each notice on: a status with the TLS of its connection, followed by what is to be reported of the certificate, once
   * each. While the connection stays, what comes to be reported is reported within a day.
   */
  reportTo<Notice extends ReportedNotice>(
    listener: (notice: Notice | (Notice & { readonly tls: TlsConnection }) | CertificateNotice) => void,
  ): TlsReporter<Notice> {
    /** Made for the first report: most subscriptions have none. */
    let reported: Set<string> | undefined
    let status: ReportedNotice | undefined
    let isStopped = false
    const look = (): void => {
      const seen = status && this.#seenFor(status)
      for (const report of seen ? reportsOf(seen, Date.now()) : []) {
        const key = `${report.kind} ${report.certificate.fingerprint}`
        if (reported?.has(key)) continue
        reported ??= new Set()
        reported.add(key)
        listener(report)
      }
    }
    return {
      notify: (notice) => {
        const seen = this.#seenFor(notice)
        if (notice.kind === 'status' && !isStopped) {
          status = notice
          // Before the listener is called: it may stop the reporter.
          if (seen) this.#lookDaily(look)
          else this.#forget(look)
        }
        listener(seen ? { ...notice, tls: seen.tls } : notice)
        if (seen) look()
      },
      stop: () => {
        isStopped = true
        status = undefined
        this.#forget(look)
      },
    }
  }

  #lookDaily(look: () => void): void {
    this.#looks.add(look)
    if (!this.#nextLook.isRunning) this.#startTimer()
  }

  #startTimer(): void {
    this.#nextLook.start(dayMs, () => {
      this.#startTimer()
      // A listener may stop any of them.
      for (const look of [...this.#looks]) look()
    })
  }

  #forget(look: () => void): void {
    if (this.#looks.delete(look) && this.#looks.size === 0) this.#nextLook.stop()
  }

  /** What is known of the connection that a status is about; undefined for any other notice. */
  #seenFor({ kind, state, transport }: ReportedNotice): Seen | undefined {
    if (kind !== 'status' || (state !== 'live' && state !== 'polling')) return undefined
    return this.#seen[transport === 'websocket' ? 'websocket' : 'http']
  }
}

/** What there is to report of a certificate. */
function reportsOf({ tls: { certificate }, failures }: Seen, nowMs: number): readonly CertificateNotice[] {
  const reports: CertificateNotice[] = []
  if (failures.length > 0) reports.push({ kind: 'certificate-not-verified', failures, certificate })
  const expiresAt = new Date(certificate.validTo)
  const leftMs = expiresAt.getTime() - nowMs
  if (leftMs > 0 && leftMs <= expiresSoonMs) reports.push({ kind: 'certificate-expires', expiresAt, certificate })
  return reports
}

/** Every check that fails: Node names only one, and does not look at the host once the chain has failed. */
function failuresOf(socket: TLSSocket, certificate: PeerCertificate, host: string): readonly CertificateFailure[] {
  if (socket.authorized) return []
  const nowMs = Date.now()
  const failures = new Set<CertificateFailure>()
  const named = failureOf({ code: socket.authorizationError })
  if (named) failures.add(named)
  if (Date.parse(certificate.valid_to) < nowMs) failures.add('expired')
  if (Date.parse(certificate.valid_from) > nowMs) failures.add('not valid yet')
  if (checkServerIdentity(host, certificate)) failures.add('wrong host')
  return failures.size > 0 ? [...failures] : ['untrusted issuer']
}
