import { onAbort, sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { changedError, errorKinds, MesheryError } from '../base/errors.ts'
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
const rereadMs = 10_000

/** What else is known when an attempt ended, found out before it is decided what to do. */
export type Findings = Pick<Extract<RetryEvent, { type: 'drop' }>, 'http' | 'hidden' | 'doubtful' | 'admitted'>

export interface RetryLoopOptions {
  readonly policy: RetryPolicy
  readonly credentials: Credentials
  /** Keeps dials apart. */
  readonly throttle?: DialThrottle
  /** Called with every new state. */
  onState(state: RetryState): void
  /** Whether the user's function is asked for credentials before each try: before a dial, not before a read. */
  readonly asks?: boolean
  /** How long that may take, in milliseconds. */
  readonly credentialsTimeoutMs?: number
  /** Whether the same has worked before: then no error ends the loop, since the cause may pass. */
  readonly worked?: boolean
  /** The state with which it begins. Default: nothing was dialled yet. */
  readonly initial?: RetryState | undefined
  /** Looks into an error before it is judged. */
  examine?(error: MesheryError, state: RetryState, signal: AbortSignal): Promise<Findings> | undefined
}

/** Keeps dials of one transport, or readers of one store that fails, apart, from whatever part of the client they come. */
export class DialThrottle {
  /** How far apart, in milliseconds. Once it is 0, all that wait go on when the next of them is due. */
  gapMs: number = minDialGapMs
  #nextDialAt = -Infinity

  /** Waits for the throttle. The caller must dial immediately afterwards. */
  async wait(signal: AbortSignal): Promise<void> {
    // Measured again after each wait: timers are late, and others may wait too.
    while (!signal.aborted && now() < this.#nextDialAt) await sleep(this.#nextDialAt - now(), signal)
    this.dialled()
  }

  /** To be called after the dial, which takes its time in a process that has just started. */
  dialled(): void {
    this.#nextDialAt = now() + this.gapMs
  }
}

/** Does the work; resolves with the error that it failed with, or with nothing. */
export async function errorOf(work: () => Promise<unknown>): Promise<MesheryError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof MesheryError) return error
    return new MesheryError('CONNECTION_LOST', 'The read broke off', { phase: 'store', cause: error })
  }
}

/** One attempt: ends with its error, or with nothing if it was ended on purpose. */
export type Attempt = (signal: AbortSignal) => Promise<MesheryError | undefined>

/** The one loop that waits: tries, judges by the policy, waits, tries again. */
export class RetryLoop {
  state: RetryState
  /** Aborts the wait for the next try. */
  #wait: AbortController | undefined
  readonly #options: RetryLoopOptions

  constructor(options: RetryLoopOptions) {
    this.#options = options
    this.state = options.initial ?? { ...idle, everLived: options.worked ?? false }
  }

  /**
   * Runs the attempt until it ends without an error or the signal aborts; then resolves with nothing. Resolves with the error if
   * a retry cannot help; `state.kind` says whether it is `unavailable` or `failed`.
   */
  async run(attempt: Attempt, signal: AbortSignal): Promise<MesheryError | undefined> {
    while (!signal.aborted) {
      this.#apply({ type: 'dial' })
      const ended = await this.#try(attempt, signal)
      if (signal.aborted || !ended) break
      // An error of a stream may list what the server has: names and ids are texts of a peer, too.
      const final = await this.#judge(this.#options.credentials.secrets.error(ended), signal)
      if (final) return final
      if (this.state.kind === 'refused') await this.#otherCredentials(signal)
      else await this.#sleep(this.state.nextDialAt - now(), signal)
    }
    this.#apply({ type: 'stop' })
    return undefined
  }

  /** Ends the wait for the next try, if there is one: something has changed for the better. */
  retryNow(): void {
    this.#wait?.abort()
  }

  opened(): void {
    this.#apply({ type: 'open' })
  }

  /** The attempt has brought something: its failure is a first one again. */
  progressed(): void {
    this.state = { ...this.state, attempt: 1 }
  }

  received(): void {
    if (!this.state.received) this.#apply({ type: 'received' })
  }

  async #try(attempt: Attempt, signal: AbortSignal): Promise<MesheryError | undefined> {
    const { asks, credentials, credentialsTimeoutMs, throttle } = this.#options
    const error = asks ? await errorOf(() => credentials.load(credentialsTimeoutMs, signal)) : undefined
    if (error || signal.aborted) return error
    // Last, since asking may take long: dials are kept apart as the server sees them.
    await throttle?.wait(signal)
    if (signal.aborted) return undefined
    const attempted = attempt(signal)
    throttle?.dialled()
    return attempted
  }

  /** Applies the drop. Resolves with the error to end with, if there is one. */
  async #judge(error: MesheryError, signal: AbortSignal): Promise<MesheryError | undefined> {
    const { credentials, examine } = this.#options
    const findings = await examine?.(error, this.state, signal)
    // Fixed credentials may have a provider that was looked up, and another one may be found now.
    if (error.code === 'CREDENTIALS_REFUSED' && !credentials.canChange) await this.#refreshed(signal)
    this.#apply({ type: 'drop', error, canChange: credentials.canChange, ...findings })
    const reported = this.state.error ?? error
    if (this.state.kind === 'failed') return this.#exhausted(reported)
    return this.state.kind === 'unavailable' ? unavailable(reported) : undefined
  }

  /**
   * One look at the sources at once after a first refusal, others at intervals and when an unchanged try is due, until they differ
   * or it is.
   */
  async #otherCredentials(signal: AbortSignal): Promise<void> {
    let waitMs = this.state.refusals === 1 ? 0 : rereadMs
    while (!signal.aborted && now() < this.state.nextDialAt) {
      const isEnded = await this.#sleep(Math.min(waitMs, this.state.nextDialAt - now()), signal)
      if (isEnded || (await this.#refreshed(signal))) return
      waitMs = rereadMs
    }
  }

  /** Whether the credentials differ now. A source that cannot be read now has nothing new yet. */
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
    return new MesheryError('RETRIES_EXHAUSTED', `Gave up at attempt ${this.state.attempt}: ${error.message}`, {
      phase: error.phase,
      cause: error,
    })
  }

  /** Resolves with whether `retryNow` or the signal ended the wait early. */
  async #sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    const wait = new AbortController()
    const forget = onAbort(signal, () => wait.abort())
    this.#wait = wait
    await sleep(ms, wait.signal)
    forget()
    this.#wait = undefined
    return wait.signal.aborted
  }

  #apply(event: RetryEvent): void {
    const { policy } = this.#options
    const state = nextRetryState(this.state, event, { policy, now: now(), random: Math.random })
    if (state === this.state) return
    this.state = state
    this.#options.onState(state)
  }
}

/** Its `retryable` stays: if no other transport is left, it is tried again, since the cause may pass. */
const unavailable = (error: MesheryError): MesheryError =>
  error.code === 'TRANSPORT_UNAVAILABLE'
    ? error
    : changedError(error, {
        code: 'TRANSPORT_UNAVAILABLE',
        message: error.message + (error.code === 'TIMED_OUT' ? ': a proxy may hold it back' : ''),
        remedy: errorKinds.TRANSPORT_UNAVAILABLE.remedy,
        cause: error,
      })
