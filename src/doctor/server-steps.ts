import { deferred } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { withTimeout } from '../base/with-timeout.ts'
import type { HttpClient } from '../http/http-client.ts'
import { events } from '../streams/events.ts'
import type { Frame, Operation, Timeouts, Transport, TransportName } from '../transports/contract.ts'
import { sse } from '../transports/sse.ts'
import { websocket } from '../transports/websocket.ts'
import type { Finding } from './steps.ts'

/** A clock that differs more is a warning, in milliseconds: tokens and certificates depend on it. */
const mostSkewMs = 60_000

export interface ServerTarget {
  readonly http: HttpClient
  readonly timeouts: Timeouts
}

/** Nothing is sent without an identity. What is wrong with it, the step `credentials` reports. */
const withheld: Finding = { status: 'skipped', message: 'Nothing was sent: the credentials are expired or unreadable' }

const isOfCredentials = (error: unknown): boolean => error instanceof MesheryError && error.phase === 'credentials'

/** Whether a Meshery Server answers, and its release. */
export async function checkServer({ http, timeouts }: ServerTarget): Promise<Finding> {
  const began = now()
  try {
    const { body } = await http.json('/api/system/version', { phase: 'upgrade', timeout: timeouts.request })
    const release = isRecord(body) && typeof body['build'] === 'string' ? body['build'] : null
    const message = `Meshery ${release ?? 'of an unknown release'} answers in ${Math.round(now() - began)} ms`
    return { message, details: { release } }
  } catch (error) {
    if (isOfCredentials(error)) return withheld
    // Some releases answer 500 while they cannot reach GitHub.
    if (!(error instanceof MesheryError && error.code === 'SERVER_ERROR')) throw error
    const remedy = 'Nothing: some releases cannot name their release without access to GitHub.'
    return { status: 'warning', message: `The release is unknown: ${error.message}`, remedy }
  }
}

/** Whether the store can be read, and as whom. */
export async function checkCredentials({ http, timeouts }: ServerTarget): Promise<Finding> {
  await readStore({ http, timeouts })
  const { provider, hasToken, from } = http.credentials.sentIdentity
  const source = from.token ?? from.provider
  const who = `provider ${provider === '' ? 'none' : provider}, ${hasToken ? 'with a token' : 'without a token'}`
  const { expires } = http.credentials
  const details = { provider, hasToken, source: source ?? null, expires: Number.isNaN(expires) ? null : expires }
  const until = Number.isNaN(expires) ? '' : `, which expires at ${new Date(expires).toISOString()}`
  return { message: `Accepted: ${who}${until}${source ? ` (from ${source})` : ''}`, details }
}

/** Reads one row, by the first path that this release has. */
async function readStore({ http, timeouts }: ServerTarget): Promise<void> {
  let missing: MesheryError | undefined
  for (const path of events.store) {
    try {
      await http.json(`${path}?page=0&pagesize=1&pageSize=1`, { phase: 'store', timeout: timeouts.request })
      return
    } catch (error) {
      if (!(error instanceof MesheryError && error.code === 'NOT_MESHERY')) throw error
      missing ??= error
    }
  }
  throw missing ?? new Error('no path')
}

/** How much the clocks differ. */
export async function checkClock({ http, timeouts }: ServerTarget): Promise<Finding> {
  if (!http.credentials.isKnown) return withheld
  const began = Date.now()
  const { date } = await http.json('/api/system/version', { phase: 'upgrade', timeout: timeouts.request })
  if (date === null) return { status: 'skipped', message: 'The server sends no date' }
  // A date has whole seconds, and is from somewhere between the request and the response.
  const skewMs = Math.max(0, began - date - 1_000, date - Date.now())
  const details = { skewMs }
  if (skewMs <= mostSkewMs) return { message: 'The clocks agree', details }
  const message = `The clock of the server differs by ${Math.round(skewMs / 1_000)} s`
  return { status: 'warning', message, remedy: 'Set the clock of the server, or that of this machine.', details }
}

/** Opens the transport, and starts the subscription to events on it. */
export async function checkTransport(name: TransportName, { http, timeouts }: ServerTarget): Promise<Finding> {
  if (name === 'polling') return checkPolling({ http, timeouts })
  const transport = name === 'sse' ? sse : websocket
  let error: MesheryError | undefined
  // Release lines differ in the document: the first one that the server accepts.
  for (const query of name === 'sse' ? [''] : events.documents) {
    const operation: Operation = name === 'sse' ? { sse: events.sse } : { graphql: { query } }
    try {
      return await openTransport(transport, { http, timeouts }, operation)
    } catch (thrown) {
      if (!(thrown instanceof MesheryError && thrown.code === 'UNSUPPORTED')) throw thrown
      error ??= thrown
    }
  }
  throw error ?? new Error('no document')
}

async function openTransport(
  transport: Transport,
  { http, timeouts }: ServerTarget,
  operation: Operation,
): Promise<Finding> {
  const began = now()
  const opened = deferred<void>()
  const connection = transport.connect(http, timeouts)
  const fail = (error: MesheryError | undefined): void =>
    opened.reject(error ?? new MesheryError('CONNECTION_LOST', 'It was closed at once', { phase: 'stream' }))
  const late = (): MesheryError =>
    new MesheryError('TIMED_OUT', `Nothing opened within ${timeouts.connect * 2} ms`, { phase: 'upgrade' })
  void connection.ended.then(fail)
  connection.start(operation, { open: () => opened.resolve(), frame: (_: Frame) => opened.resolve(), end: fail })
  try {
    await withTimeout(timeouts.connect * 2, late, undefined, () => opened.promise)
    const tookMs = Math.round(now() - began)
    const what = transport === sse ? 'The stream opened after' : 'Upgrade, acknowledgement and subscription took'
    return { message: `${what} ${tookMs} ms` }
  } finally {
    await connection.close()
  }
}

async function checkPolling(target: ServerTarget): Promise<Finding> {
  const began = now()
  await checkCredentials(target)
  return { message: `A read of the store takes ${Math.round(now() - began)} ms` }
}
