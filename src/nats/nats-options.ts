// Without types of the optional packages: programs that do not have them compile the declarations of `meshery-live/relay`.

/** Which stream of which NATS servers. */
export interface NatsStreamOptions {
  /** One or more addresses, such as `nats://nats:4222`. They may contain a user and a password, or a token. `tls://` asks for TLS. */
  readonly servers: string | readonly string[]
  /** The stream. Default `MESHERY`. */
  readonly stream?: string | undefined
  /** The category and action of the event follow it: `meshery.events.pattern.deploy`. Default `meshery.events`. */
  readonly subject?: string | undefined
  /** The text of a credentials file (`.creds`). */
  readonly credentials?: string | undefined
  /** How long a server may take to connect or to answer, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number | undefined
}

export const natsStreamOptionNames = ['servers', 'stream', 'subject', 'credentials', 'timeoutMs'] as const
