import type { MesheryOptions } from '../index.ts'

/** A stream that the command line writes to: a terminal, a pipe, a file, or a stream in memory. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined
  /** The width of the terminal in columns. */
  readonly columns?: number | undefined
  /** The height of the terminal in lines. */
  readonly rows?: number | undefined
}

/** The signals that end a command, with what a shell shows for each: 128 and its number. */
export const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
export type SignalName = keyof typeof signalCodes
export const signalNames: readonly SignalName[] = ['SIGHUP', 'SIGINT', 'SIGTERM']

/** Reports signals to the process, as `process` and any event emitter do. */
export interface SignalSource {
  on(name: SignalName, listener: () => void): unknown
  off(name: SignalName, listener: () => void): unknown
}

/** A stream that the command line reads answers from. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean | undefined
}

/** All that the command line needs of the process that it runs in. */
export interface Io {
  /** What was asked for: events, tables, help. */
  readonly stdout: OutputStream
  /** Everything else: errors, notices. */
  readonly stderr: OutputStream
  /** What is typed. Read only where a command asks; without it, none can. */
  readonly stdin?: InputStream | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** The home directory, where mesheryctl keeps its files. Default: that of the process's user. */
  readonly home?: string | undefined
  readonly signals: SignalSource
  /** Opens an address in the user's browser. Default: no browser is opened. */
  readonly openInBrowser?: ((url: string) => Promise<void>) | undefined
  /** The folder of the page of `dashboard`. Default: that of the package. */
  readonly dashboardPage?: string | undefined
  /**
   * How long a command waits for what it shows beside the answer, in milliseconds. Default: 1 s for the server's release, 2 s for
   * the names of clusters.
   */
  readonly lookupTimeoutMs?: number | undefined
  /** The time-outs of requests and connections. Default: those of the client. */
  readonly timeouts?: MesheryOptions['timeouts']
  /** The time in milliseconds since 1970. */
  now(): number
}
