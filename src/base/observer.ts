/** How much a log line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a log line or a message of a channel consists of. Never a secret. */
export type LogDetails = Readonly<Record<string, unknown>>

/** Takes log lines of every level. */
export type LogFunction = (level: LogLevel, details: LogDetails, message: string) => void

/** An object with a method for each level that it wants, such as a logger of pino, or `console`. */
export interface LogMethods {
  debug?(details: LogDetails, message: string): void
  info?(details: LogDetails, message: string): void
  warn?(details: LogDetails, message: string): void
  error?(details: LogDetails, message: string): void
}

/** Where to log to. */
export type Logger = LogMethods | LogFunction

/** What a client shows besides its data. */
export type Topic = 'notice' | 'connection' | 'event' | 'request'

/** The part of a channel of `node:diagnostics_channel` that is used. */
export interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** What a client counts since it was made. */
export interface Counts {
  /** Different events that came: their rows, and the pushes whose rows did not come in time. Before filters; without the past that `since` asks for. */
  readonly events: number
  /** Pushes that were skipped, since their events were known: pushed twice, or read before their push came. */
  readonly duplicates: number
  /** Events that were read from the store before any push announced them: their pushes were lost or late. While polling, all events. */
  readonly recovered: number
  /** `gap` notices, each once for all subscriptions that received it. */
  readonly gaps: number
  /** Those of them with `complete: false`: something may be missing. */
  readonly incompleteGaps: number
  /** Events and frames that were lost because a reader was too slow: the sum of `dropped` in all `overflow` notices. */
  readonly dropped: number
  /** How often a connection was dialled again, and polling read again after a failure, by the code of the error that was the cause. */
  readonly reconnects: Readonly<Record<string, number>>
  /** Milliseconds between the last ping over WebSocket and its pong; null before the first one. */
  readonly roundTripMs: number | null
  /** Bytes of responses and SSE streams after decoding, and characters of WebSocket messages. */
  readonly receivedBytes: number
}

/** How many lags are remembered. */
const mostLags = 256

/** Counts what happens in a client, and shows it to the logger and to the channels of the platform. */
export class Observer {
  readonly counts: { -readonly [Name in keyof Counts]: Counts[Name] } & { reconnects: Record<string, number> } = {
    events: 0,
    duplicates: 0,
    recovered: 0,
    gaps: 0,
    incompleteGaps: 0,
    dropped: 0,
    reconnects: {},
    roundTripMs: null,
    receivedBytes: 0,
  }
  /** The lags of the last events in milliseconds, the oldest first or, once it is full, in a ring. */
  readonly lags: number[] = []
  lastLagMs: number | null = null
  readonly #url: string
  readonly #logger: Logger
  readonly #channels: Readonly<Record<Topic, Channel>> | undefined
  /** What the logger threw. */
  #thrown: { readonly cause: unknown } | undefined

  /** @param url The address of the server, in every message. */
  constructor(url: string, logger: Logger = {}, channels?: Readonly<Record<Topic, Channel>>) {
    this.#url = url
    this.#logger = logger
    this.#channels = channels
  }

  /** An event came that was stored at this moment. Returns its lag in milliseconds, null where the moment is not known. */
  event(at: string | null): number | null {
    this.counts.events++
    const lagMs = Date.now() - Date.parse(at ?? '')
    if (Number.isNaN(lagMs)) return null
    this.lags[this.counts.events % mostLags] = lagMs
    this.lastLagMs = lagMs
    return lagMs
  }

  /** Shows something. Computes nothing where neither the logger nor a channel wants it. */
  show(topic: Topic, level: LogLevel, detailsOf: () => LogDetails): void {
    const channel = this.#channels?.[topic]
    const isLogged = typeof this.#logger === 'function' || this.#logger[level]
    if (!isLogged && !channel?.hasSubscribers) return
    const details = { url: this.#url, ...detailsOf() }
    const { kind = topic }: LogDetails = details
    channel?.publish(details)
    try {
      this.log(level, details, `meshery-live: ${kind}`)
    } catch (cause) {
      // Neither the request nor the connection that it reported is to blame: the next notice fails in its place.
      this.#thrown = { cause }
    }
  }

  /** Writes to the logger, whose errors are the caller's. */
  log(level: LogLevel, details: LogDetails, message: string): void {
    if (typeof this.#logger === 'function') this.#logger(level, details, message)
    else this.#logger[level]?.(details, message)
  }

  /** Throws what the logger threw, once. */
  throwOfLogger(): void {
    const thrown = this.#thrown
    this.#thrown = undefined
    if (thrown) throw thrown.cause
  }
}
