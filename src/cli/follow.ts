import { type Meshery, MesheryError, type Notice, type SubscribeOptions, type Subscription } from '../index.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { commandLogger, report, reportError, reportsProgress } from './diagnostics.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { waitingReason } from './notice-text.ts'
import { remedyAfterWaiting } from './remedies.ts'
import { reportServer } from './server-line.ts'
import { isLasting, waitForServer } from './server-probe.ts'
import { waitingReporter } from './waiting-line.ts'

/** What the work of a command goes on with. */
export interface Work<T> {
  readonly meshery: Meshery
  readonly subscription: Subscription<T>
  /** Aborts when the command is to end. */
  readonly ended: AbortSignal
  /** What is left of `--timeout`, in milliseconds. */
  readonly leftMs: number | undefined
}

/** What a command follows, and what it does with it. */
export interface Following<T> {
  readonly options: Pick<ConnectionOptions, 'connection' | 'verbose' | 'timeoutMs' | 'waitForServerMs'>
  /** Where it comes from, if that is not a Meshery Server. */
  readonly elsewhere?: string | undefined
  /** Whether the work keeps the time itself, once it has begun. */
  readonly keepsTime?: boolean
  /** What is found out before the subscription opens. */
  prepare?(signal: AbortSignal): Promise<void>
  open(meshery: Meshery, options: SubscribeOptions): Subscription<T>
  readonly onNotice: (notice: Notice) => void
  /** Lets a line be written where something else is on the terminal. */
  readonly aside?: (write: () => void) => void
  /** Resolves with the exit code. */
  work(work: Work<T>): Promise<number>
}

/** How a command ended. */
interface Ending {
  readonly code: number
  /** Why it ended before its work was done. */
  readonly error: MesheryError | null
}

const done: Ending = { code: exitCodes.done, error: null }

/**
 * Follows something until the work is done, the time is up, or there is no use in going on. Reports why on stderr, closes
 * everything, and resolves with the exit code.
 */
export async function follow<T>(following: Following<T>, context: CommandContext): Promise<number> {
  const { verbose, connection, waitForServerMs } = following.options
  const { code, error } = await new Follower(following, context).run()
  if (error === null) return code
  const remedy = waitForServerMs > 0 ? remedyAfterWaiting(error) : undefined
  reportError(context.stderr, error, { verbose, remedy })
  // The reader of a script's log does not see its command line.
  if (code === exitCodes.unreachable && following.elsewhere === undefined)
    context.stderr.writeNow(`  The address came from ${context.addressSource(connection)}.\n`)
  return code
}

/** One command that follows something: decides when it ends, and with which exit code. */
class Follower<T> {
  readonly #following: Following<T>
  readonly #context: CommandContext
  readonly #stop = new AbortController()
  /** Aborts when the command is to end, for whatever reason. */
  readonly #ended: AbortSignal
  /** When `--timeout` has passed, in milliseconds since 1970. */
  readonly #deadline: number
  /** Until when an unreachable server is waited for, in milliseconds since 1970. */
  readonly #waitUntil: number
  /** Whether the server was reached once. */
  #reached = false
  /** Set by what ends the command before its work is done. */
  #ending: Ending | undefined

  constructor(following: Following<T>, context: CommandContext) {
    const { timeoutMs = Number.POSITIVE_INFINITY, waitForServerMs } = following.options
    this.#following = following
    this.#context = context
    this.#ended = AbortSignal.any([context.signal, this.#stop.signal])
    this.#deadline = context.now() + timeoutMs
    this.#waitUntil = context.now() + waitForServerMs
  }

  async run(): Promise<Ending> {
    const { options, elsewhere, aside } = this.#following
    const meshery = this.#context.createMeshery({
      ...options.connection,
      logger: commandLogger({ context: this.#context, verbose: options.verbose, aside }),
      signal: this.#ended,
    })
    try {
      this.#checkArguments(meshery)
      const refusal = await this.#waitForAnswer(meshery.url)
      if (refusal) return refusal
      if (elsewhere === undefined) await reportServer(meshery.url, options, this.#context, this.#ended)
      else if (reportsProgress(this.#context, options.verbose)) report(this.#context.stderr, `Events from ${elsewhere}`)
      if (this.#context.signal.aborted) return done
      return (await this.#prepare()) ?? (await this.#work(meshery))
    } finally {
      await meshery.close()
    }
  }

  /**
   * An error in the command line is found before anything is waited for. Nothing starts for a signal that has aborted.
   * @throws MesheryError INVALID_OPTION
   */
  #checkArguments(meshery: Meshery): void {
    this.#following.open(meshery, { signal: AbortSignal.abort() })
  }

  /** Waits until the server answers, if asked to. Reports on stderr that it waits, and why it gave up. Undefined when the command goes on. */
  async #waitForAnswer(url: string): Promise<Ending | undefined> {
    const { stderr, now } = this.#context
    const { options, elsewhere } = this.#following
    if (options.waitForServerMs === 0 || elsewhere !== undefined) return undefined
    const probe = this.#context.probe(options.connection)
    const answer = await waitForServer(url, {
      probe,
      deadline: Math.min(this.#waitUntil, this.#deadline),
      signal: this.#ended,
      now,
      onReason: waitingReporter({ ...options, url }, this.#context),
    })
    probe.close()
    if (answer.answers || this.#ended.aborted) return undefined
    const { reason, error } = answer
    if (isLasting(error)) return { code: exitCodeOf(error), error }
    report(stderr, `no Meshery answered at ${url} in time: ${reason}`, 'red')
    // The first try shows what is wrong, if there is time for one.
    return now() >= this.#deadline ? { code: exitCodes.timeout, error: null } : undefined
  }

  /** Undefined when the work can begin. */
  async #prepare(): Promise<Ending | undefined> {
    const { prepare, options } = this.#following
    if (prepare === undefined) return undefined
    const onTimeout = (): void => this.#end({ code: exitCodes.timeout, error: null })
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(onTimeout, this.#leftMs())
    try {
      await prepare(this.#ended)
      return this.#ending
    } catch (error) {
      return this.#endingOf(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What is left of `--timeout`, in milliseconds. */
  #leftMs(): number {
    return Math.max(1, this.#deadline - this.#context.now())
  }

  async #work(meshery: Meshery): Promise<Ending> {
    const { open, work, options, keepsTime = false } = this.#following
    const subscription = open(meshery, { onNotice: (notice) => this.#onNotice(notice) })
    // A rejection comes out of the work as well.
    subscription.ready.then(
      () => {
        this.#reached = true
      },
      () => {},
    )
    const leftMs = options.timeoutMs === undefined ? undefined : this.#leftMs()
    const onTimeout = (): void => this.#end({ code: exitCodes.timeout, error: waitingReason(subscription.status) })
    const timer = leftMs === undefined || keepsTime ? undefined : setTimeout(onTimeout, leftMs)
    try {
      const code = await work({ meshery, subscription, ended: this.#ended, leftMs })
      return this.#ending ?? { code, error: null }
    } catch (error) {
      return this.#endingOf(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What ended the command wins over an error that came of it. */
  #endingOf(error: unknown): Ending {
    if (this.#ending) return this.#ending
    if (this.#context.signal.aborted) return done
    if (!(error instanceof MesheryError)) throw error
    // A filter of the command line is a callback of the subscription, which wraps what it throws.
    const { cause } = error
    const own = error.code === 'CALLBACK_FAILED' && cause instanceof MesheryError ? cause : error
    return { code: exitCodeOf(own), error: own }
  }

  #end(ending: Ending): void {
    this.#ending ??= ending
    this.#stop.abort()
  }

  #onNotice(notice: Notice): void {
    const ending = this.#endingBy(notice)
    if (ending) this.#end(ending)
    else this.#following.onNotice(notice)
  }

  /**
   * A program can wait for other credentials, and for a server that has not started yet. A user who typed a command wants to
   * see the error instead.
   */
  #endingBy(notice: Notice): Ending | undefined {
    if (notice.kind !== 'status') return undefined
    const { state, reason } = notice
    if (state === 'live' || state === 'polling') this.#reached = true
    if (state !== 'waiting' || reason === null) return undefined
    const code = exitCodeOf(reason)
    // A stream that does not exist, or not yet.
    const isMissing = this.#following.elsewhere !== undefined && reason.code === 'UNSUPPORTED'
    const isOver = !this.#reached && this.#context.now() >= this.#waitUntil
    const givesUp = isOver && (isMissing || code === exitCodes.unreachable)
    return code === exitCodes.credentials || givesUp ? { code, error: reason } : undefined
  }
}

/** Shows every value, or the first `count` of them. */
export async function showAll<T>(
  subscription: Subscription<T>,
  count: number | undefined,
  show: (value: T) => Promise<void>,
): Promise<number> {
  let left = count ?? Number.POSITIVE_INFINITY
  for await (const value of subscription) {
    await show(value)
    left -= 1
    if (left === 0) break
  }
  return exitCodes.done
}
