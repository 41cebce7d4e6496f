/** How much a log line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a log line consists of besides its text. Never a secret. */
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

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
