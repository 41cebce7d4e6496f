import { callbackError, readPredicateAnswer } from '../base/callbacks.ts'
import { isRecord, kindOf, refuse, shown, wantNames, wantNumber } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { withTimeout } from '../base/with-timeout.ts'

/** How long `until` waits. */
export interface UntilOptions {
  /** Milliseconds. Default: as long as the subscription lasts. */
  readonly timeout?: number | undefined
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** Only these fields of a value appear in a message: they are informative, and never a secret. */
const shownFields = [
  ...['contexts', 'resources', 'patterns', 'filters', 'applications', 'profiles', 'results'],
  ...['components', 'relationships', 'controller', 'status', 'name', 'kind', 'count', 'total_count', 'severity'],
]

/**
 * Waits for the first value that passes, then closes the subscription, as it does in every other case.
 *
 * @example
 * ```ts
 * const up = await until(
 *   meshery.subscribeMesheryControllersStatus(),
 *   (list) => list.some(({ controller, status }) => controller === 'MESHSYNC' && status === 'CONNECTED'),
 *   { timeout: 60_000 },
 * )
 * ```
 *
 * It does not keep the process alive by itself; an open subscription does.
 * @param predicate Passes by `true`, and by no other value.
 * @throws MesheryError TIMED_OUT, with the last value as `details.last` (undefined when none came); CLOSED when the
 * subscription ends before, or the signal aborts, its reason being the cause; CALLBACK_FAILED when the predicate throws;
 * INVALID_OPTION; and what the subscription fails with.
 */
export async function until<T, Passed extends T>(
  subscription: AsyncIterable<T>,
  predicate: (value: T) => value is Passed,
  options?: UntilOptions,
): Promise<Passed>
export async function until<T>(
  subscription: AsyncIterable<T>,
  predicate: (value: T) => boolean,
  options?: UntilOptions,
): Promise<T>
export async function until<T>(
  subscription: AsyncIterable<T>,
  predicate: (value: T) => boolean,
  options: UntilOptions = {},
): Promise<T> {
  const iterator = iteratorOf(subscription)
  let last: T | undefined

  const look = async (limit: AbortSignal): Promise<T> => {
    for (;;) {
      const { done, value } = await iterator.next()
      limit.throwIfAborted()
      if (done) throw closed('The subscription ended before the predicate passed')
      last = value
      if (passes(predicate, value)) return value
    }
  }
  const late = (): MesheryError => {
    const what = last === undefined ? 'there was no value' : `the last value was ${brief(last)}`
    const message = `The predicate did not pass within ${options.timeout} ms; ${what}`
    const remedy = 'See `details.last`, or raise `timeout`.'
    return new MesheryError('TIMED_OUT', message, { phase: 'stream', remedy, details: { last } })
  }

  try {
    const { timeout } = wantNames('options', options, ['timeout', 'signal'])
    if (typeof predicate !== 'function') refuse('predicate', kindOf(predicate), 'a function')
    const timeoutMs = timeout === undefined ? Infinity : wantNumber('timeout', timeout, 0)
    const { signal } = options
    return await withTimeout(timeoutMs, late, signal, look).catch((error: unknown) => {
      const isAborted = signal?.aborted && error === signal.reason
      throw isAborted ? closed('The signal aborted before the predicate passed', error) : error
    })
  } finally {
    // Not awaited: a generator answers only after its next value, and the result no longer matters.
    iterator.return?.().then(undefined, () => {})
  }
}

/**
 * The iterator of a subscription.
 * @throws MesheryError INVALID_OPTION when it is none; what it throws when it is iterated already.
 */
export function iteratorOf<T>(subscription: AsyncIterable<T>): AsyncIterator<T> {
  const given: unknown = subscription
  if (typeof given !== 'object' || given === null || !(Symbol.asyncIterator in given))
    return refuse('subscription', kindOf(given), 'a subscription')
  return subscription[Symbol.asyncIterator]()
}

function passes<T>(predicate: (value: T) => boolean, value: T): boolean {
  try {
    return readPredicateAnswer('predicate', predicate(value))
  } catch (cause) {
    throw callbackError('The predicate', cause)
  }
}

const closed = (message: string, cause?: unknown): MesheryError =>
  new MesheryError('CLOSED', message, { phase: 'stream', remedy: 'Subscribe again.', cause })

const brief = (value: unknown): string => {
  if (!isRecord(value) && !Array.isArray(value)) return shown(value)
  const text = JSON.stringify(value, shownFields)
  return text.length > 300 ? `${text.slice(0, 300)}...` : text
}
