import { setTimeout as sleep } from 'node:timers/promises'
import { errorOfAnswer } from '../base/http-errors.ts'
import { messageOf } from '../base/thrown.ts'
import { MesheryError } from '../index.ts'
import { wholeText } from '../platform/body.ts'
import { failureOf } from '../platform/certificate.ts'
import type { HttpResponse } from '../platform/platform.ts'
import { nodeNetworkError } from '../platform/tls-alerts.ts'
import type { Probe } from './context.ts'
import { messageOf as withOptionNames } from './remedies.ts'
import { oneLine } from './text.ts'

/** No Meshery answered: why, in few words, and the error with its remedy. */
export interface NoAnswer {
  readonly answers: false
  readonly reason: string
  readonly error: MesheryError
}

/** The answer of a server that is asked for its release, which needs no login. */
export type Answer = { readonly answers: true; readonly release: string | null } | NoAnswer

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
  return 'json' in version ? providers : version
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

/** The alerts by which a server refuses this client for good: its certificate, or the version of TLS (RFC 8446, 6). */
const lastingAlerts: ReadonlySet<unknown> = new Set([42, 43, 44, 45, 46, 48, 70, 116])

/** The certificates that do not become right while a server starts. One that is not valid yet does. */
const lastingFailures: ReadonlySet<unknown> = new Set(['expired', 'wrong host', 'untrusted issuer'])

/** Whether only the user can cure it: an error in the options, or about trust. All else may pass while a server starts. */
export function isLasting({ code, details }: MesheryError): boolean {
  if (code === 'INVALID_OPTION' || code === 'WRONG_SCHEME') return true
  return code === 'TLS_REFUSED' && (lastingAlerts.has(details['alert']) || lastingFailures.has(failureOf(details)))
}

/** Asks until a Meshery Server answers, the deadline has passed, or waiting is of no use (`isLasting`). */
export async function waitForServer(url: string, { deadline, signal, probe, now, onReason }: Waiting): Promise<Answer> {
  const leftMs = (): number => deadline - now()
  let before: NoAnswer | undefined
  for (;;) {
    const answer = await askServer(url, probe, signal, Math.max(1, Math.min(questionTimeoutMs, leftMs())))
    if (answer.answers || signal.aborted || isLasting(answer.error)) return answer
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
async function getJson(url: string, probe: Probe, signal: AbortSignal): Promise<{ readonly json: object } | NoAnswer> {
  try {
    const response = await probe.fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } })
    if (!response.ok) {
      // What the body does now no longer matters.
      response.body?.cancel().catch(() => {})
      return refusedBy(response, url)
    }
    const json: unknown = JSON.parse(
      await wholeText(response, { address: url, phase: 'store', limit: limitBytes, signal }),
    )
    return typeof json === 'object' && json !== null ? { json } : notMeshery(`${url} answers with no object`)
  } catch (error) {
    if (error instanceof SyntaxError) return notMeshery(`${url} answers with what is not JSON`)
    // The reason of an abort says more than the abort: the time is up.
    return signal.aborted ? outOfTime(signal.reason, url) : unreachable(error, url)
  }
}

const noAnswer = (reason: string, error: MesheryError): NoAnswer => ({
  answers: false,
  reason: oneLine(withOptionNames({ message: reason })),
  error,
})

const notMeshery = (reason: string): NoAnswer =>
  noAnswer(reason, new MesheryError('NOT_MESHERY', reason, { phase: 'store' }))

function refusedBy({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>, url: string): NoAnswer {
  const asked = { url, phase: 'store', token: false } as const
  // Meshery wants no login for this: something before it does.
  const meaning = status === 401 || status === 403 ? ({ code: 'GATEWAY_LOGIN' } as const) : undefined
  return noAnswer(`${url} answers ${status}`, errorOfAnswer({ status, headers, body: '' }, asked, meaning))
}

function outOfTime(cause: unknown, url: string): NoAnswer {
  const reason = messageOf(cause)
  return noAnswer(reason, new MesheryError('TIMED_OUT', `${url}: ${reason}`, { phase: 'store', cause }))
}

/** The innermost cause of what `fetch` throws is the reason. */
function unreachable(thrown: unknown, url: string): NoAnswer {
  let inner = thrown
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause
  const first: unknown = inner instanceof AggregateError ? inner.errors[0] : inner
  const error = nodeNetworkError(thrown, 'tcp', new URL(url).origin)
  if (error.code === 'WRONG_SCHEME') return noAnswer(`${url} does not answer with TLS; give the http:// address`, error)
  return noAnswer(messageOf(first), error)
}
