/** What is wrong with a certificate. */
export type CertificateFailure = 'untrusted issuer' | 'expired' | 'not valid yet' | 'wrong host'

/** The certificate of a server, as far as it was shown. */
export interface ServerCertificate {
  readonly subject: string
  readonly issuer: string
  /** The names that it is for. */
  readonly hostNames: readonly string[]
  readonly validFrom: string
  /** When it expires, as an ISO time. */
  readonly validTo: string
  /** SHA-256, as hexadecimal pairs. */
  readonly fingerprint: string
}

/** The TLS of a connection. */
export interface TlsConnection {
  /** Such as `TLSv1.3`. */
  readonly protocol: string
  /** The standard name of the cipher, such as `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string
  readonly certificate: ServerCertificate
}

/**
 * The certificate of the server expires within 14 days. Reported once a certificate, to each subscription: when a connection is
 * made, or within a day while one stays open. Only in Node.
 */
export interface CertificateExpiresNotice {
  readonly kind: 'certificate-expires'
  readonly expiresAt: Date
  readonly certificate: ServerCertificate
}

/**
 * The certificate of the server was accepted although checks failed, since `tls.rejectUnauthorized` is false: anyone in between
 * can read the token. Reported once a certificate, to each subscription. Only in Node.
 */
export interface CertificateNotVerifiedNotice {
  readonly kind: 'certificate-not-verified'
  /** Which checks failed. */
  readonly failures: readonly CertificateFailure[]
  readonly certificate: ServerCertificate
}

export type CertificateNotice = CertificateExpiresNotice | CertificateNotVerifiedNotice

/** Passes the notices of one subscription on, with what is known of TLS and the certificate. */
export interface TlsReporter<Notice> {
  notify(this: void, notice: Notice): void
  /** To be called at the end of the subscription: nothing more is reported of the certificate. */
  stop(): void
}
