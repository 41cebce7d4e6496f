import { isRecord } from '../base/checks.ts'
import { now } from '../base/clock.ts'
import { changedError, type ErrorCode, hasCode, MesheryError } from '../base/errors.ts'
import { unsupportedStream } from '../connection/stream-errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import { events } from '../streams/events.ts'
import type { Timeouts } from '../transports/contract.ts'
import type { ObservedPlatform } from './observed-platform.ts'
import { type Finding, findingOf } from './steps.ts'

/** A clock that differs more is a warning, in milliseconds: tokens and certificates depend on it. */
const mostSkewMs = 60_000

/** The server, as the steps from `credentials` on see it. */
export interface ServerTarget {
  readonly http: HttpClient
  readonly timeouts: Timeouts
  readonly observed: ObservedPlatform
  /** What the platform warned of: each is a risk to the token. */
  readonly warnings: readonly string[]
  /** The release that the server reports; null if it reports none. */
  readonly release: string | null
  /** Whether plain HTTP works: the store was read, or the release has none. */
  readonly isReadable: boolean
}

/** What is known before the server is asked. */
export type UnknownServer = Omit<ServerTarget, 'release' | 'isReadable'>

type AnsweringServer = Pick<ServerTarget, 'http' | 'timeouts'>

/** Whether a Meshery Server answers, and its release. */
export async function checkServer({ http, timeouts }: AnsweringServer): Promise<Finding> {
  const began = now()
  try {
    const { body } = await http.json('/api/system/version', { phase: 'poll', timeout: timeouts.request })
    const release = isRecord(body) && typeof body['build'] === 'string' ? body['build'] : null
    const message = `Meshery ${release ?? 'of an unknown release'} answers in ${Math.round(now() - began)} ms`
    return { message, details: { release } }
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
    const status = Number(error.details['status'])
    if (status >= 502 && status <= 504) throw changedError(error, { remedy: startMeshery })
    // Some releases answer 500 while they cannot reach GitHub.
    if (status !== 500) throw error
    const remedy = 'Nothing: some releases cannot name their release without access to GitHub.'
    return { status: 'warning', message: `The release is unknown: ${error.message}`, remedy }
  }
}

const startMeshery =
  'Start Meshery, or let what answers in its place reach it: a gateway answers so while Meshery does not run.'

/** Errors of the store that say nothing of the credentials: the client goes on without the store (`events/event-stream.ts`). */
const storeFailures: ReadonlySet<ErrorCode> = new Set([
  'SERVER_ERROR',
  'RATE_LIMITED',
  'NOT_MESHERY',
  'UNSUPPORTED',
  'TIMED_OUT',
])

/**
 * Whether the credentials are accepted, and as whom.
 * @throws MesheryError The refusal, with when the token expired where that is known.
 */
export async function checkCredentials(target: Omit<ServerTarget, 'isReadable'>): Promise<Finding> {
  const { http, warnings } = target
  const problem = await readStore(target).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof MesheryError && storeFailures.has(error.code)) return error
      throw withExpiry(error, http.credentials.expires)
    },
  )
  const { details, text } = describeIdentity(http)
  // A 404 in place of a login shows that the credentials are accepted.
  if (problem && problem.code !== 'UNSUPPORTED') {
    const message = `The credentials are not proved, since the store cannot be read: ${text}`
    return { status: 'warning', message, remedy: problem.remedy, details }
  }
  const message = `Accepted: ${text}`
  const [risk] = warnings
  if (risk === undefined) return { message, details }
  const [problemOfToken = risk, remedy = ''] = risk.split(/(?<=\.) (?=Run|Use)/)
  return { status: 'warning', message: `${message}. ${problemOfToken}`, remedy, details }
}

function describeIdentity({ credentials }: HttpClient): { details: Record<string, unknown>; text: string } {
  const { provider, hasToken, from } = credentials.sentIdentity
  const { expires } = credentials
  const isKnown = !Number.isNaN(expires)
  const source = from.token ?? from.provider ?? null
  const until = isKnown ? `, which expires at ${new Date(expires).toISOString()}` : ''
  const who = `provider ${provider === '' ? 'none' : provider}, ${hasToken ? 'with a token' : 'without a token'}${until}`
  const details = { provider, hasToken, source, expires: isKnown ? expires : null }
  return { details, text: source === null ? who : `${who} (from ${source})` }
}

function withExpiry(thrown: unknown, expires: number): unknown {
  const isExpired = expires < Date.now()
  if (!isExpired || !hasCode(thrown, 'CREDENTIALS_REFUSED')) return thrown
  const message = `${thrown.message}. The token expired at ${new Date(expires).toISOString()}`
  return changedError(thrown, { message, details: { ...thrown.details, expires } })
}

/** What is needed to read the store. */
type StoreTarget = Pick<ServerTarget, 'http' | 'timeouts' | 'release'>

/** Meshery's answer to a read of the newest events. */
interface StoreAnswer {
  readonly path: string
  readonly rows: readonly unknown[]
  readonly total: number
}

/**
 * Reads the newest event, by the first path that this release has.
 * @throws MesheryError UNSUPPORTED if the server reports its release, and that has no store.
 */
async function readStore({ http, timeouts, release }: StoreTarget): Promise<StoreAnswer> {
  const query = '?page=0&pagesize=1&pageSize=1&sort=created_at&order=desc'
  let missing: MesheryError | undefined
  for (const path of events.store) {
    try {
      const { body } = await http.json(path + query, { phase: 'store', timeout: timeouts.request })
      const page = events.page(body)
      if (page) return { path, rows: page.rows, total: Math.max(page.total, page.rows.length) }
      missing ??= new MesheryError('NOT_MESHERY', `The answer of ${path} is not a page of events`, { phase: 'store' })
    } catch (error) {
      if (!hasCode(error, 'NOT_MESHERY')) throw error
      missing ??= error
    }
  }
  const error = missing ?? new MesheryError('NOT_MESHERY', 'There is no store of events', { phase: 'store' })
  throw release === null ? error : unsupportedStream(events, error, 'store')
}

/** How much the clocks differ. */
export async function checkClock({ http, timeouts }: AnsweringServer): Promise<Finding> {
  const began = Date.now()
  const { date } = await http.json('/api/system/version', { phase: 'poll', timeout: timeouts.request })
  if (date === null) return { status: 'skipped', message: 'The server sends no date' }
  // A date has whole seconds, and is from somewhere between the request and the response.
  const skewMs = Math.max(0, began - date - 1_000, date - Date.now())
  const details = { skewMs }
  if (skewMs <= mostSkewMs) return { message: 'The clocks agree', details }
  const message = `The clock of the server differs by ${Math.round(skewMs / 1_000)} s`
  return { status: 'warning', message, remedy: 'Set the clock of the server, or that of this machine.', details }
}

/** Whether there is anything to receive: stored events, and Kubernetes contexts. */
export async function checkData(target: StoreTarget): Promise<Finding> {
  const { rows, total } = await readStore(target)
  const newestAt = rows.map((row) => events.item(row, 'store')?.createdAt ?? null)[0] ?? null
  const contexts = await countContexts(target)
  const details = { events: total, newestAt, contexts }
  const message = `${eventsText(total, newestAt)}${contextsText(contexts)}`
  if (total > 0) return { message, details }
  const remedy =
    'Do something in Meshery, such as importing a design. If no event is stored then, log in as the user who does it: Meshery gives each user only their own events.'
  return { status: 'warning', message, remedy, details }
}

function eventsText(total: number, newestAt: string | null): string {
  if (total === 0) return 'No event is stored for this user'
  const newest = newestAt === null ? '' : `, the newest at ${newestAt}`
  return `Events stored for this user: ${total}${newest}`
}

function contextsText(contexts: number | null): string {
  if (contexts === null) return ''
  if (contexts > 0) return `; Kubernetes contexts: ${contexts}`
  return '; no Kubernetes cluster is connected, so controllers and cluster resources stay empty'
}

/** How many Kubernetes contexts the user has; null if that cannot be read. */
async function countContexts({ http, timeouts }: AnsweringServer): Promise<number | null> {
  const path = '/api/system/kubernetes/contexts?page=0&pagesize=1&pageSize=1'
  try {
    const { body } = await http.json(path, { phase: 'poll', timeout: timeouts.request })
    const total = isRecord(body) ? (body['total_count'] ?? body['totalCount']) : undefined
    return typeof total === 'number' ? total : null
  } catch (error) {
    // Only an addition to what the step reports: what is wrong with the server, other steps report.
    if (error instanceof MesheryError) return null
    throw error
  }
}

/** Whether REST answers, which polling needs. */
export async function checkPolling(target: StoreTarget): Promise<Finding> {
  const began = now()
  try {
    const { path } = await readStore(target)
    const message = `GET ${path} answers in ${Math.round(now() - began)} ms`
    return { message, details: { path } }
  } catch (error) {
    if (!hasCode(error, 'UNSUPPORTED')) throw error
    const details = { ...findingOf(error).details, isMissing: true }
    return { status: 'skipped', message: `Meshery ${target.release} has no store of events`, details }
  }
}
