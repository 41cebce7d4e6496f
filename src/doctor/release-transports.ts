import type { MesheryError } from '../base/errors.ts'
import { livesMs } from '../connection/retry-policy.ts'
import type { DiagnosisStep } from './diagnosis.ts'
import { type Finding, findingOf } from './steps.ts'

/**
 * Tells a transport that the release does not have from one that is blocked. Pure.
 *
 *   | release              | WebSocket | events over it | SSE |
 *   | up to v1.0.51        | yes       | yes            | no  |
 *   | v1.0.52 to v1.0.55   | yes       | no             | yes |
 *   | v1.0.56 and later    | no        | no             | yes |
 */

/** A way that events can come. */
export type PushWay = 'websocket' | 'sse'

const titles: Readonly<Record<PushWay, string>> = { websocket: 'WebSocket', sse: 'SSE' }

/** The first release with SSE. */
const firstWithSse = [1, 0, 52] as const
/** The first release without WebSocket. */
const firstWithoutWebSocket = [1, 0, 56] as const

/** The numbers of a release such as `v1.0.52`; undefined for another text, such as `edge-latest`. */
const numbersOf = (release: string | null): readonly number[] | undefined => {
  const [, ...numbers] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(release ?? '') ?? []
  return numbers.length === 3 ? numbers.map(Number) : undefined
}

const isBefore = (release: readonly number[], other: readonly number[]): boolean => {
  const at = release.findIndex((number, index) => number !== other[index])
  return at !== -1 && (release[at] ?? 0) < (other[at] ?? 0)
}

/** Whether a release has the transport; undefined where the release does not show it. */
export const releaseHas = (way: PushWay, release: string | null): boolean | undefined => {
  const numbers = numbersOf(release)
  if (!numbers) return undefined
  return way === 'sse' ? !isBefore(numbers, firstWithSse) : isBefore(numbers, firstWithoutWebSocket)
}

/** Whether the answer itself shows that the server has no such transport, where its release is not known. */
const answersThatItHasNone = (way: PushWay, { details }: MesheryError): boolean =>
  way === 'sse' ? details['status'] === 404 : details['permanent'] === true

/** What to change in a proxy or ingress that lets a transport not pass. */
const unblock: Readonly<Record<PushWay, string>> = {
  websocket:
    'Let every proxy and ingress on the way pass upgrades. For nginx: `proxy_http_version 1.1`, `proxy_set_header Upgrade $http_upgrade` and `proxy_set_header Connection "upgrade"`.',
  sse: 'Let every proxy and ingress on the way pass SSE at once. For nginx: `proxy_buffering off`.',
}

/** Phases in which what is between here and the server decides. */
const phasesOnTheWay: ReadonlySet<string> = new Set(['proxy', 'upgrade', 'subscribe', 'stream'])

/** What blocks a transport, for people; undefined where the error does not show that anything does. */
const blockerOf = ({ code, phase, details }: MesheryError): string | undefined => {
  if (typeof details['proxy'] === 'string') return `the proxy ${details['proxy']}`
  if (!phasesOnTheWay.has(phase) || code === 'GRAPHQL_ERROR') return undefined
  return 'something between here and Meshery'
}

/** What is known of the server. */
interface KnownServer {
  readonly release: string | null
  /** Whether plain HTTP works. */
  readonly isReadable: boolean
}

/** What a failed transport means. It is blocked only if plain HTTP works. */
export function findingOfTransport(way: PushWay, error: MesheryError, { release, isReadable }: KnownServer): Finding {
  const has = releaseHas(way, release) ?? !answersThatItHasNone(way, error)
  const details = findingOf(error).details
  if (!has) {
    const message = `${nameOf(release)} has no ${titles[way]}`
    return { status: 'skipped', message, details: { ...details, isMissing: true } }
  }
  const blockedBy = blockerOf(error)
  if (blockedBy === undefined || !isReadable) return findingOf(error)
  const remedy = error.phase === 'proxy' ? error.remedy : unblock[way]
  return { status: 'failed', message: error.message, remedy, details: { ...details, blockedBy } }
}

/** A stream that was silent for less time, in milliseconds, was not cut because it is silent. */
const leastSilenceMs = 500

/** What to change in what cuts a silent stream. Meshery sends a line every 15 s. */
const keepOpen =
  'Let every proxy and ingress on the way keep a silent connection open for at least 25 s. For nginx: `proxy_read_timeout 60s`.'

/**
 * What it means that a stream opened and broke before its first line. Something on the way may cut what is silent: the client stays with
 * a stream that lives for long enough, connects again after each cut, and reads what it missed.
 */
export function findingOfCutStream(
  error: MesheryError,
  server: KnownServer,
  times: { readonly openedMs: number; readonly silentMs: number },
): Finding {
  const finding = findingOfTransport('sse', error, server)
  const { openedMs, silentMs } = times
  const isCut = error.code === 'CONNECTION_LOST' && silentMs >= leastSilenceMs
  if (!isCut || finding.details?.['blockedBy'] === undefined) return finding
  const message = `The stream opened after ${openedMs} ms, and was cut after ${silentMs} ms without a line`
  if (silentMs < livesMs) return { ...finding, message, remedy: keepOpen, details: { ...finding.details, ...times } }
  return { status: 'warning', message, remedy: keepOpen, details: { ...findingOf(error).details, ...times } }
}

/** What it means that the server accepts no document of events over a WebSocket. */
export const findingWithoutEvents = (error: MesheryError, release: string | null): Finding => {
  const isOverSse = releaseHas('sse', release) === true
  const message = `${nameOf(release)} pushes no events over WebSocket`
  return {
    status: 'skipped',
    message: isOverSse ? `${message}, but over SSE` : message,
    details: { ...findingOf(error).details, isMissing: true },
  }
}

const nameOf = (release: string | null): string => (release === null ? 'This Meshery' : `Meshery ${release}`)

/** Why a step of a WebSocket does not run. */
export const withoutConnection = ({ status }: Pick<DiagnosisStep, 'status'>): string =>
  status === 'failed' ? 'The WebSocket did not open' : 'There is no WebSocket'
