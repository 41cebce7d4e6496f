import { sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import {
  idle,
  minDialGapMs,
  nextRetryState,
  type RetryEvent,
  type RetryPolicy,
  type RetryState,
} from './retry-policy.ts'

/** How often the sources of refused credentials are read again, in milliseconds. */
const reread = 10_000

/** What else is known when an attempt ended, found out before it is decided what to do. */
export type Findings = Pick<Extract<RetryEvent, { type: 'drop' }>, 'http' | 'hidden' | 'doubtful' | 'admitted'>

export interface RetryLoopOptions {
  readonly policy: RetryPolicy
  readonly credentials: Credentials
  /** Takes turns, so that nothing is dialled twice within `minGap`. */
  readonly throttle?: DialThrottle
  /** Hears every new state. */
  onState(state: RetryState): void
  /** Whether the user's function is asked for credentials before each try: before a dial, not before a read. */
  readonly asks?: boolean
  /** How long that may take, in milliseconds. */
  readonly credentialsTimeoutMs?: number
  /** Whether the same has worked before: then no error is hopeless, since somebody may mend it. */
  readonly worked?: boolean
  /** The state with which it begins. Default: nothing was dialled yet. */
  readonly initial?: RetryState | undefined
  /** Looks into an error before it is judged. */
  examine?(error: MesheryError, state: RetryState, signal: AbortSignal): Promise<Findings>
}

/** Keeps dials of one transport apart, whoever dials. */
export class DialThrottle {
  #next = -Infinity

  /** Waits until it may be dialled; then it is to be dialled at once. */
  async wait(signal: AbortSignal): Promise<void> {
    // Measured again after each wait: timers are late, and others may wait too.
    while (!signal.aborted && now() < this.#next) await sleep(this.#next - now(), signal)
    this.dialled()
  }

  /** To be called once it was dialled, since that takes its time in a young process. */
  dialled(): void {
    this.#next = now() + minDialGapMs
  }
}

/** Does the work; resolves with the error it failed with, or with nothing. */
export async function errorOf(work: () => Promise<unknown>): Promise<MesheryError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof MesheryError) return error
    return new MesheryError('CONNECTION_LOST', 'The read broke off', { phase: 'store', cause: error })
  }
}

/** The one loop that waits: tries, judges by the policy, waits, tries again. */
export class RetryLoop {
  state: RetryState = idle
  #nap: AbortController | undefined
  readonly #options: RetryLoopOptions

  constructor(options: RetryLoopOptions) {
    this.#options = options
    if (options.worked) this.state = { ...idle, everLived: true }
    if (options.initial) this.state = options.initial
  }

  /**
   * Runs the attempt until it ends without an error or the signal aborts; then resolves with nothing. Resolves with
   * the error when there is no point in going on; `state.kind` says whether it is `unavailable` or `failed`.
   */
  async run(
    attempt: (signal: AbortSignal) => Promise<MesheryError | undefined>,
    signal: AbortSignal,
  ): Promise<MesheryError | undefined> {
    while (!signal.aborted) {
      this.#apply({ type: 'dial' })
      const ended = await this.#try(attempt, signal)
      if (signal.aborted) break
      // An error of a stream may list what the server has: names and ids are texts of a peer, too.
      const error = ended && this.#options.credentials.secrets.error(ended)
      if (!error) {
        this.#apply({ type: 'rest' })
        return undefined
      }
      const findings = (await this.#options.examine?.(error, this.state, signal)) ?? {}
      const { credentials } = this.#options
      // Even who said once and for all who we are may have left the provider to be found, and it may be another one now.
      if (error.code === 'CREDENTIALS_REFUSED' && !credentials.canChange) await this.#refreshed(signal)
      this.#apply({ type: 'drop', error, canChange: credentials.canChange, ...findings })
      const told = this.state.error ?? error
      if (this.state.kind === 'failed') return this.#exhausted(told)
      if (this.state.kind === 'unavailable') return unavailable(told)
      if (this.state.kind === 'refused') await this.#otherCredentials(signal)
      else await this.#sleep(this.state.nextDialAt - now(), signal)
    }
    this.#apply({ type: 'rest' })
    return undefined
  }

  /** Ends the wait for the next try, if there is one: something has changed for the better. */
  retryNow(): void {
    this.#nap?.abort()
  }

  opened(): void {
    this.#apply({ type: 'open' })
  }

  received(): void {
    if (!this.state.received) this.#apply({ type: 'heard' })
  }

  async #try(
    attempt: (signal: AbortSignal) => Promise<MesheryError | undefined>,
    signal: AbortSignal,
  ): Promise<MesheryError | undefined> {
    const { asks, credentials, credentialsTimeoutMs: patience } = this.#options
    const error = asks ? await errorOf(() => credentials.load(patience, signal)) : undefined
    if (error || signal.aborted) return error
    // Last, since asking may take long: what is kept apart is what the server sees.
    await this.#options.throttle?.wait(signal)
    if (signal.aborted) return undefined
    const attempted = attempt(signal)
    this.#options.throttle?.dialled()
    return attempted
  }

  /** One look at the sources at once, later ones at intervals, until they differ or an unchanged try is due. */
  async #otherCredentials(signal: AbortSignal): Promise<void> {
    let wait = this.state.refusals > 1 ? reread : 0
    while (!signal.aborted && now() < this.state.nextDialAt) {
      const hurried = wait > 0 && (await this.#sleep(Math.min(wait, this.state.nextDialAt - now()), signal))
      if (hurried || signal.aborted || (await this.#refreshed(signal))) return
      wait = reread
    }
  }

  /** A source that cannot be read now has nothing new to say yet. */
  async #refreshed(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#options.credentials.refresh(undefined, signal)
    } catch (error) {
      if (error instanceof MesheryError) return false
      throw error
    }
  }

  #exhausted(error: MesheryError): MesheryError {
    if (!error.retryable) return error
    const { attempt } = this.state
    return new MesheryError('RETRIES_EXHAUSTED', `Gave up after ${attempt} attempts: ${error.message}`, {
      phase: error.phase,
      cause: error,
    })
  }

  /** Says whether it was cut short by `hurry`. */
  async #sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    const nap = new AbortController()
    const wake = (): void => nap.abort()
    this.#nap = nap
    signal.addEventListener('abort', wake)
    await sleep(milliseconds, nap.signal)
    signal.removeEventListener('abort', wake)
    this.#nap = undefined
    return nap.signal.aborted
  }

  #apply(event: RetryEvent): void {
    const state = nextRetryState(this.state, event, this.#options.policy, now(), Math.random)
    if (state === this.state) return
    this.state = state
    this.#options.onState(state)
  }
}

function unavailable(error: MesheryError): MesheryError {
  if (error.code === 'TRANSPORT_UNAVAILABLE') return error
  return new MesheryError('TRANSPORT_UNAVAILABLE', error.message, {
    phase: error.phase,
    // Where it is all there is, it is tried again: somebody may mend it.
    retryable: error.retryable,
    details: error.details,
    cause: error,
  })
}
