import { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { OutputStream } from './io.ts'
import type { Look } from './text.ts'

/** Gives a text a look, where that can be shown. */
export type Paint = (look: Look | undefined, text: string) => string

/** The size of a terminal that does not report its own. */
const defaultColumns = 80
const defaultRows = 24

/** From this many bits a colour, a terminal has colours. */
const leastColorDepth = 4

type Environment = Readonly<Record<string, string | undefined>>

/** As Node decides it, but by this stream and this environment: a terminal has colours unless NO_COLOR is set; FORCE_COLOR wins. */
const canShowColors = (stream: OutputStream, env: Environment): boolean =>
  (stream.isTTY === true || env['FORCE_COLOR'] !== undefined) &&
  WriteStream.prototype.getColorDepth(env) >= leastColorDepth

/** Whether a command writes colours. `auto`: if the stream can show them. */
export const colorChoices = ['auto', 'always', 'never'] as const
export type ColorChoice = (typeof colorChoices)[number]

/** One of the two streams that the command line writes to. */
export class Output {
  readonly #stream: OutputStream
  readonly #canShowColors: boolean
  #colors: ColorChoice = 'auto'

  constructor(stream: OutputStream, env: Environment) {
    this.#stream = stream
    this.#canShowColors = canShowColors(stream, env)
  }

  get hasColors(): boolean {
    return this.#colors === 'auto' ? this.#canShowColors : this.#colors === 'always'
  }

  /** What a command was asked for. */
  setColors(choice: ColorChoice): void {
    this.#colors = choice
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  get columns(): number {
    return this.#stream.columns ?? defaultColumns
  }

  get rows(): number {
    return this.#stream.rows ?? defaultRows
  }

  /** The columns that a line may take: in a pipe as many as it needs. */
  get lineWidth(): number {
    return this.isTerminal ? this.columns : Number.POSITIVE_INFINITY
  }

  readonly paint: Paint = (look, text) => {
    if (look === undefined || !this.hasColors) return text
    return styleText([...[look].flat()], text, { validateStream: false })
  }

  /** Writes at once, whether the stream has room or not. */
  writeNow(text: string): void {
    this.#stream.write(text)
  }

  /** Writes a line, as `write` does. */
  writeLine(line: string, signal: AbortSignal): Promise<void> {
    return this.write(`${line}\n`, signal)
  }

  /**
   * Resolves when the stream has room for more, or the signal aborts: a slow reader slows down the command, in place of
   * filling its memory. After the abort it writes nothing.
   */
  write(text: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#stream.write(text)) {
        resolve()
        return
      }
      const done = (): void => {
        this.#stream.off('drain', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#stream.on('drain', done)
      signal.addEventListener('abort', done)
    })
  }

  /** Resolves when everything written has left the process; with the error if it could not. */
  flushed(): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.#stream.write('', (error) => resolve(error ?? undefined))
    })
  }

  /** Calls the listener whenever the size of the terminal changes. Returns what ends that. */
  onResize(listener: () => void): () => void {
    this.#stream.on('resize', listener)
    return () => void this.#stream.off('resize', listener)
  }
}
