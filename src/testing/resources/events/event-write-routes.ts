import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord, isUUID } from '../../../base/checks.ts'
import type { BrokenWrite } from '../../faults/active-faults.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { bodyOf, refuse, reply, replyAnswer, replyJSON, replyText } from '../../network/http-reply.ts'
import { resetSocket } from '../../network/live-channels.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import { parseJSON } from '../../wire/json.ts'
import type { Events } from './events.ts'
import { restEvent } from './stored-event.ts'

/** A server with a store of events. */
interface EventServer extends FakeEnvironment {
  readonly events: Events
}

/** One request that changes events, and its response. */
export interface WriteExchange {
  readonly fake: EventServer
  readonly method: string
  readonly path: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

type WriteRoute = (exchange: WriteExchange, id: string) => Promise<void>

/** The path below which a release has everything of events but the store and its stream; '' without events. */
export const eventsPath = ({ storePath }: ReleaseProfile): string => storePath.replace('/v2/', '/')

/** The route that changes events, if the request has one on this release. */
export function findWrite({
  fake,
  method,
  path,
}: Pick<WriteExchange, 'fake' | 'method' | 'path'>): WriteRoute | undefined {
  const { releaseProfile } = fake
  const root = eventsPath(releaseProfile)
  if (root === '' || !path.startsWith(`${root}/`)) return undefined
  const [first = '', second, ...more] = path.slice(root.length + 1).split('/')
  if (more.length > 0) return undefined
  if (second === undefined) return routeBelow(`${method} ${first}`, first, releaseProfile)
  if (first !== 'status' || method !== 'PUT') return undefined
  return second === 'bulk' ? putStatuses : putStatus
}

function routeBelow(call: string, name: string, { logLevelMethod }: ReleaseProfile): WriteRoute | undefined {
  if (logLevelMethod !== undefined && /^P\w+ config$/.test(call))
    return call === `${logLevelMethod} config` ? setLogLevel : refuseMethod
  if (call === 'DELETE bulk') return deleteEvents
  return call === `DELETE ${name}` ? deleteEvent : undefined
}

/** The last segment of a path: the id of the event, where it names one. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const putStatus: WriteRoute = async (exchange, id) => {
  const { fake, request, response } = exchange
  const given = readObject(await bodyOf(request))
  const status = given['status']
  if (typeof status !== 'string') {
    const code = fake.releaseProfile.distinguishesRefusals ? 400 : 500
    return replyAnswer(response, refuse(fake.releaseProfile, code, 'unable to parse provided event status'))
  }
  if (isRefused(exchange, status)) return
  if (!change(exchange, isUUID(id) ? [id] : [], (one) => fake.events.store.setStatus(one, status))) return
  answerStatus(exchange, () => rowsOf(fake, [id])[0] ?? emptyEvent(fake.releaseProfile))
}

const putStatuses: WriteRoute = async (exchange) => {
  const { fake, request } = exchange
  const given = readObject(await bodyOf(request))
  const status = typeof given['status'] === 'string' ? given['status'] : ''
  const ids = readIds(given['ids'])
  if (isRefused(exchange, status)) return
  if (!change(exchange, ids, (one) => fake.events.store.setStatus(one, status))) return
  answerStatus(exchange, () => rowsOf(fake, ids))
}

const deleteEvent: WriteRoute = async (exchange, id) => {
  if (change(exchange, [id], (one) => exchange.fake.events.remove(one))) answerDeletion(exchange)
}

const deleteEvents: WriteRoute = async (exchange) => {
  const ids = readIds(readObject(await bodyOf(exchange.request))['ids'])
  if (change(exchange, ids, (one) => exchange.fake.events.remove(one))) answerDeletion(exchange)
}

/** The levels that Meshery's logger has. */
const logLevels = ['panic', 'fatal', 'error', 'warning', 'info', 'debug', 'trace']

/** GET of the level from which the server logs; undefined on a release without it. */
export function logLevelRoute(fake: EventServer, response: ServerResponse): (() => void) | undefined {
  if (fake.releaseProfile.logLevelMethod === undefined) return undefined
  return () => replyJSON(response, logLevelBody(fake))
}

const setLogLevel: WriteRoute = async ({ fake, request, response }) => {
  const given = readObject(await bodyOf(request))
  const level = String(given['event_log_level'] ?? (fake.releaseProfile.snakeCase ? '' : given['eventLogLevel']) ?? '')
  const isKnown = logLevels.includes(level.trim().toLowerCase())
  if (isKnown) fake.events.logLevel = level.trim().toLowerCase()
  replyJSON(response, { status: isKnown ? 'success' : 'error', ...logLevelBody(fake) }, isKnown ? 200 : 400)
}

const refuseMethod: WriteRoute = async ({ response }) => replyText(response, 405, 'Method not allowed')

const logLevelBody = ({ events, releaseProfile }: EventServer): object =>
  releaseProfile.snakeCase
    ? { event_log_level: events.logLevel, available_levels: logLevels }
    : { eventLogLevel: events.logLevel, availableLevels: logLevels }

/** The hook of the database refuses every other status. */
function isRefused({ fake, response }: WriteExchange, status: string): boolean {
  if (status === 'read' || status === 'unread') return false
  replyAnswer(response, refuse(fake.releaseProfile, 500, `invalid event status ${status}`))
  return true
}

/** Changes these rows as the active faults allow. False: it has answered already. */
function change(
  { fake, request, response }: WriteExchange,
  ids: readonly string[],
  apply: (id: string) => void,
): boolean {
  const { brokenWrite } = fake.activeFaults.values
  for (const id of changedIds(ids, brokenWrite)) apply(id)
  if (brokenWrite === 'lost') resetSocket(request.socket)
  else if (brokenWrite === 'error-text') reply(response, 200, {}, 'database is locked\n')
  else if (brokenWrite !== 'half' || ids.length < 2) return true
  else replyAnswer(response, refuse(fake.releaseProfile, 500, 'database is locked'))
  return false
}

function changedIds(ids: readonly string[], brokenWrite: BrokenWrite | undefined): readonly string[] {
  if (brokenWrite === 'ignored' || brokenWrite === 'error-text') return []
  return brokenWrite === 'half' && ids.length > 1 ? ids.slice(0, ids.length >> 1) : ids
}

/** Old releases answer with the rows as they are now; v1.0 and later with nothing. */
function answerStatus({ fake, response }: WriteExchange, rows: () => unknown): void {
  if (fake.releaseProfile.answersWrites) replyJSON(response, rows())
  else reply(response, 200)
}

function answerDeletion({ fake, response }: WriteExchange): void {
  reply(response, fake.releaseProfile.answersWrites ? 200 : 204)
}

const rowsOf = ({ events, releaseProfile }: EventServer, ids: readonly string[]): readonly object[] => {
  const wanted = new Set(ids)
  return events.rows.filter(({ id }) => wanted.has(id)).map((event) => restEvent(event, releaseProfile))
}

/** What Go writes for an event that was not found. */
const emptyEvent = ({ snakeCase }: ReleaseProfile): object => ({
  id: nilUUID,
  [snakeCase ? 'user_id' : 'userId']: nilUUID,
  severity: '',
  status: '',
  description: '',
})

function readObject(text: string): Readonly<Record<string, unknown>> {
  const given = parseJSON(text)
  return isRecord(given) ? given : {}
}

/** As Go reads a list of UUIDs: it stops at the first one that is none, and Meshery ignores the error. */
function readIds(given: unknown): readonly string[] {
  if (!Array.isArray(given)) return []
  const stop = given.findIndex((one) => typeof one !== 'string' || !isUUID(one))
  return given.slice(0, stop < 0 ? undefined : stop).map((one) => String(one).toLowerCase())
}
