import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { SignalName } from '../../src/cli/io.ts'
import { run as runCommandLine } from '../../src/cli/run.ts'
import { limitMs } from '../waiting.ts'
import type { Finished } from './program.ts'

export type { Finished } from './program.ts'

/** The size of a terminal. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A stream that keeps what is written to it; with a size it is a terminal. */
class CapturedStream extends Writable {
  text = ''
  readonly isTTY: boolean
  columns: number | undefined
  rows: number | undefined

  constructor(size?: TerminalSize) {
    super({ decodeStrings: false })
    this.isTTY = size !== undefined
    this.columns = size?.columns
    this.rows = size?.rows
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    // A terminal moves to the first column as well.
    this.text += this.isTTY ? String(chunk).replaceAll('\n', '\r\n') : String(chunk)
    done()
  }

  resize({ columns, rows }: TerminalSize): void {
    this.columns = columns
    this.rows = rows
    this.emit('resize')
  }
}

/** A home directory that does not exist, and so has no files of mesheryctl. */
const noHome = join(tmpdir(), `meshery-live-no-home-${process.pid}`)

/** What the command line runs in. */
export interface Surroundings {
  /** Default: a user who has set nothing up. HOME is the home directory. */
  readonly env?: Readonly<Record<string, string>>
  /** A terminal of that size; default: none. */
  readonly terminal?: TerminalSize
  /** What the user types on a terminal as stdin. Default: stdin is no terminal, and empty. */
  readonly typed?: string
  /** The folder of the page of `dashboard`. Default: that of the package. */
  readonly dashboardPage?: string
  /** Opens an address in a browser. Default: there is none. */
  readonly openInBrowser?: (url: string) => Promise<void>
  /** How long it waits for what it shows beside the answer. Default: longer than a busy machine takes. */
  readonly lookupTimeoutMs?: number
  /** What goes to the terminal. Default: both, onto one screen, which is what `stdout` returns. */
  readonly inTerminal?: 'both' | 'stdout' | 'stderr'
}

/** The command line at work in this process. */
export interface Running extends AsyncDisposable {
  stdout(): string
  stderr(): string
  /** Resolves when the condition holds; rejects when the command ends before that, or after a time that no test takes. */
  until(condition: () => boolean): Promise<void>
  signal(name: SignalName): void
  resize(size: TerminalSize): void
  readonly finished: Promise<Finished>
}

const streamsOf = ({
  terminal,
  inTerminal = 'both',
}: Surroundings): [stdout: CapturedStream, stderr: CapturedStream] => {
  const screen = new CapturedStream(terminal)
  if (terminal === undefined || inTerminal === 'stdout') return [screen, new CapturedStream()]
  return inTerminal === 'both' ? [screen, screen] : [new CapturedStream(), screen]
}

const stdinOf = ({ typed }: Surroundings): PassThrough & { readonly isTTY: boolean } =>
  Object.assign(new PassThrough().end(typed), { isTTY: typed !== undefined })

/** A busy machine does not answer in the ten seconds that are the default. */
const timeouts = { connect: 60_000, request: 60_000, pong: 60_000 }

/** Starts the command line in those surroundings. */
export const startIn = (args: readonly string[], surroundings: Surroundings): Running => {
  const { env = {}, dashboardPage, openInBrowser, lookupTimeoutMs = 60_000 } = surroundings
  const [stdout, stderr] = streamsOf(surroundings)
  const signals = new EventEmitter()
  let over = false
  const stdin = stdinOf(surroundings)
  const process = { stdout, stderr, stdin, env, home: env['HOME'] ?? noHome, signals, now: () => Date.now() }
  const io = { ...process, dashboardPage, openInBrowser, lookupTimeoutMs, timeouts }
  const finished = runCommandLine(args, io).then((code) => {
    over = true
    return { code, stdout: stdout.text, stderr: stderr === stdout ? '' : stderr.text }
  })
  return {
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    async until(condition) {
      const deadline = Date.now() + limitMs
      while (!condition()) {
        if (over || Date.now() > deadline)
          throw new Error(`${over ? 'It ended' : 'Time is up'}.\n${stdout.text}\n${stderr.text}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    signal: (name) => void signals.emit(name),
    resize(size) {
      for (const stream of new Set([stdout, stderr])) if (stream.isTTY) stream.resize(size)
    },
    finished,
    async [Symbol.asyncDispose]() {
      signals.emit('SIGTERM')
      await finished
    },
  }
}

/** Starts the command line without a terminal. */
export const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  startIn(args, { env })

/** Runs the command line to its end, without a terminal. */
export const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  start(args, env).finished

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')
