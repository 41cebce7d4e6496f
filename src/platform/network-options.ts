/** TLS towards the server. Only in Node. */
export interface TlsOptions {
  /** Certificate authorities to trust in addition to the default ones, as PEM text. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** The client's certificate for mutual TLS, as PEM text, with its chain. */
  readonly cert?: string | Uint8Array | undefined
  /** The private key of `cert`, as PEM text. */
  readonly key?: string | Uint8Array | undefined
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined
  /** The host name that the certificate must be for, in place of the host in `url`. */
  readonly servername?: string | undefined
  /** Whether a certificate that cannot be verified is refused. Default true. False is for tests only: anyone can then read the token. */
  readonly rejectUnauthorized?: boolean | undefined
  /** The oldest version of TLS that is used. Default: that of Node. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
}

/**
 * The proxy: its address, such as `http://user:password@proxy:3128`; false for none; or a function of the address of the
 * server that returns one of these.
 */
export type ProxyOption = string | URL | false | ((url: URL) => string | URL | false)

/** How the server is reached. */
export interface NetworkOptions {
  readonly tls?: TlsOptions | undefined
  readonly proxy?: ProxyOption | undefined
  /** `connect`: how long opening a tunnel through the proxy may take; `write`: how long a WebSocket may not read. In milliseconds. */
  readonly timeouts: { readonly connect: number; readonly write: number }
}

/** The options of the client that only Node has. */
export interface NodeOptions extends NetworkOptions {
  /** The context of mesheryctl in place of the current one. */
  readonly context?: string | undefined
}
