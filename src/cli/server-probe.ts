import { setTimeout as sleep } from 'node:timers/promises'
import { wholeText } from '../platform/body.ts'
import type { Probe } from './context.ts'
import { oneLine } from './text.ts'

/** The answer of a server that is asked for its release, which needs no login. */
export type Answer =
  | { readonly answers: true; readonly release: string | null }
  | { readonly answers: false; readonly reason: string }

/** How long one question may take, in milliseconds. */
const questionTimeoutMs = 5_000
/** The most of an answer that is read, in bytes. */
const limitBytes = 2 ** 25
/** Between two questions, in milliseconds, while it does not answer. */
const pauseMs = 1_000

/** Asks once whether a Meshery Server is at that address. Never rejects. */
export async function askServer(
  url: string,
  probe: Probe,
  signal: AbortSignal,
  timeoutMs: number = questionTimeoutMs,
): Promise<Answer> {
  // Not AbortSignal.any with AbortSignal.timeout: Node 20 may collect both as garbage before the time is up.
  const inTime = new AbortController()
  const stop = (): void => inTime.abort(signal.reason)
  const timer = setTimeout(() => inTime.abort(new Error('The operation was aborted due to timeout')), timeoutMs)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await askInTime(url, probe, inTime.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

async function askInTime(url: string, probe: Probe, inTime: AbortSignal): Promise<Answer> {
  const version = await getJson(`${url}/api/system/version`, probe, inTime)
  const build = 'json' in version ? fieldOf(version.json, 'build') : undefined
  if (typeof build === 'string') return { answers: true, release: oneLine(build) || null }
  // Some releases do not report their own while they cannot reach GitHub.
  const providers = await getJson(`${url}/api/providers`, probe, inTime)
  if ('json' in providers) return { answers: true, release: null }
  return { answers: false, reason: 'json' in version ? providers.reason : version.reason }
}

/** How long a server is waited for, and what is reported meanwhile. */
export interface Waiting {
  /** In milliseconds since 1970. */
  readonly deadline: number
  readonly signal: AbortSignal
  readonly probe: Probe
  /** The time in milliseconds since 1970. */
  readonly now: () => number
  /** Receives the reason why the server does not answer yet, after each try. */
  onReason(reason: string): void
}

/** Asks until a Meshery Server answers, or the deadline has passed. */
export async function waitForServer(url: string, { deadline, signal, probe, now, onReason }: Waiting): Promise<Answer> {
  const leftMs = (): number => deadline - now()
  let before: Extract<Answer, { answers: false }> | undefined
  for (;;) {
    const answer = await askServer(url, probe, signal, Math.max(1, Math.min(questionTimeoutMs, leftMs())))
    if (answer.answers || signal.aborted) return answer
    // The last one was cut short: the reason of those before it helps more.
    if (leftMs() <= 0) return before ?? answer
    onReason(answer.reason)
    before = answer
    // Aborted, it ends at once, which is no error here.
    await sleep(Math.max(0, Math.min(pauseMs, leftMs())), undefined, { signal }).catch(() => {})
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

/** A page is no answer of a Meshery's, and neither is a redirect. */
async function getJson(
  url: string,
  probe: Probe,
  signal: AbortSignal,
): Promise<{ readonly json: object } | { readonly reason: string }> {
  try {
    const response = await probe.fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } })
    if (!response.ok) {
      // What the body does now no longer matters.
      response.body?.cancel().catch(() => {})
      return { reason: `${url} answers ${response.status}` }
    }
    const json: unknown = JSON.parse(
      await wholeText(response, { address: url, phase: 'store', limit: limitBytes, signal }),
    )
    return typeof json === 'object' && json !== null ? { json } : { reason: `${url} answers with no object` }
  } catch (error) {
    // The reason of an abort says more than the abort: the time is up.
    return { reason: reasonOf(signal.aborted ? signal.reason : error, url) }
  }
}

/** The innermost cause of what `fetch` throws is the reason. */
function reasonOf(error: unknown, url: string): string {
  if (error instanceof SyntaxError) return `${url} answers with what is not JSON`
  let inner = error
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause
  const first: unknown = inner instanceof AggregateError ? inner.errors[0] : inner
  const reason = first instanceof Error ? first.message : String(first)
  if (!/wrong version number|packet length too long/i.test(reason)) return oneLine(reason)
  return `${url} does not answer with TLS; give the http:// address`
}
