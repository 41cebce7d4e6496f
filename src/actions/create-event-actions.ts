import { onAbort } from '../base/abort.ts'
import { refuse, shown } from '../base/checks.ts'
import { changedError, MesheryError } from '../base/errors.ts'
import { type MesheryOptions, readOptions } from '../client/options.ts'
import { Credentials } from '../credentials/credentials.ts'
import { HttpClient } from '../http/http-client.ts'
import type { Platform } from '../platform/platform.ts'
import { readLogLevel, readSummary, readTypes } from './answers.ts'
import { filterQuery, readActionOptions, readFilters, readIDs, readPage, readStatus } from './arguments.ts'
import type { ActionOptions, EventActions, EventChanges, EventLogLevel } from './event-actions.ts'
import { type ChangeKind, deletion, EventChange, statusChange } from './event-change.ts'
import { EventList } from './event-list.ts'
import { EventRequests } from './event-requests.ts'
import { outcomeOf } from './write-outcome.ts'

/** Makes `createEventActions` for a platform. */
export const createEventActionsOn = (platform: Platform, options: MesheryOptions): EventActions => {
  const actions = new Actions(platform, options)
  return {
    url: actions.url,
    listEvents: async (which = {}, more = {}) => {
      const filters = readFilters(which, ['page', 'pageSize'])
      const window = readPage(which)
      return actions.call(more, (signal) => actions.list.page(window, filters, signal))
    },
    listAllEvents: (which = {}, more = {}) => {
      const filters = readFilters(which)
      readActionOptions(more)
      return actions.list.all(filters, (run) => actions.call(more, run))
    },
    summary: async (which = {}, more = {}) => {
      const status = readStatus(which)
      const query = { ...filterQuery(readFilters({ status })), page: '0', pagesize: '1', pageSize: '1' }
      return actions.call(more, async (signal) => readSummary(await actions.requests.list(query, signal), status))
    },
    types: async (more = {}) => actions.call(more, (signal) => actions.read('types', readTypes, signal)),
    markRead: (ids, more = {}) => actions.change(statusChange('read'), ids, more),
    markUnread: (ids, more = {}) => actions.change(statusChange('unread'), ids, more),
    remove: (ids, more = {}) => actions.change(deletion, ids, more),
    logLevel: async (more = {}) => actions.call(more, (signal) => actions.read('config', readLogLevel, signal)),
    setLogLevel: async (level, more = {}) => actions.call(more, (signal) => actions.setLogLevel(level, signal)),
    close: actions.close,
    [Symbol.asyncDispose]: actions.close,
  }
}

/** What the calls share: the server, the credentials, and the end of them all. */
class Actions {
  readonly url: string
  readonly requests: EventRequests
  readonly list: EventList
  readonly #http: HttpClient
  readonly #connectTimeoutMs: number
  readonly #closing = new AbortController()
  /** Removes the listener from the `signal` of the options. */
  #forgetSignal = (): void => {}

  constructor(platform: Platform, given: MesheryOptions) {
    const options = readOptions(given, platform)
    const { timeouts, logger, signal } = options
    this.#http = new HttpClient(platform, new Credentials(options.credentials), options)
    this.#connectTimeoutMs = timeouts.connect
    this.url = this.#http.base
    this.requests = new EventRequests({ http: this.#http, timeouts })
    this.list = new EventList(this.requests)
    platform.onWarning?.((text) => {
      if (!this.#closing.signal.aborted) logger.warn?.({ url: this.url }, `meshery-live: ${text}`)
    })
    if (signal?.aborted) void this.close()
    else if (signal) this.#forgetSignal = onAbort(signal, () => void this.close())
  }

  /** Runs a call: with credentials that were looked for again, until its signal aborts, and while it keeps the process alive. */
  async call<T>(given: ActionOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = readActionOptions(given)
    const ending = new AbortController()
    const stops = [this.#closing.signal, own].flatMap((signal) => {
      if (!signal?.aborted) return signal ? [onAbort(signal, () => ending.abort(signal.reason))] : []
      ending.abort(signal.reason)
      return []
    })
    const letProcessEnd = this.#http.platform.hold()
    try {
      if (ending.signal.aborted) throw this.#http.networkError(ending.signal.reason, 'options', ending.signal)
      await this.#http.credentials.load(this.#connectTimeoutMs, ending.signal)
      return await run(ending.signal)
    } finally {
      letProcessEnd()
      for (const stop of stops) stop()
    }
  }

  /** @throws MesheryError SERVER_ERROR when the answer is not what this path gives. */
  async read<T>(path: string, readBody: (body: unknown) => T | undefined, signal: AbortSignal): Promise<T> {
    const value = readBody(await this.requests.read(path, signal))
    if (value !== undefined) return value
    throw new MesheryError('SERVER_ERROR', `The server does not answer with the ${path} of events`, { phase: 'action' })
  }

  async change(kind: ChangeKind, given: unknown, options: ActionOptions): Promise<EventChanges> {
    const ids = readIDs(given)
    return this.call(options, async (signal) =>
      ids.length === 0 ? { done: [], missing: [] } : new EventChange(this.requests, kind).run(ids, signal),
    )
  }

  async setLogLevel(level: unknown, signal: AbortSignal): Promise<EventLogLevel> {
    const { availableLevels } = await this.read('config', readLogLevel, signal)
    if (typeof level !== 'string' || !availableLevels.includes(level))
      return refuse('level', shown(level), `one of ${availableLevels.join(', ')}`)
    // Releases before v1.0 spell it in snake_case.
    const body = { eventLogLevel: level, event_log_level: level }
    try {
      return readLogLevel(await this.#putOrPost(body, signal)) ?? { logLevel: level, availableLevels }
    } catch (error) {
      if (!(error instanceof MesheryError) || outcomeOf(error) !== 'unknown') throw error
      const remedy = 'Ask `logLevel` whether it was set, and set it again if not.'
      throw changedError(error, { remedy, details: { ...error.details, outcome: 'unknown' } })
    }
  }

  /** Early releases take a POST. A method that is refused has changed nothing. */
  async #putOrPost(body: object, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.requests.write({ method: 'PUT', path: 'config', body }, signal)
    } catch (error) {
      if (!(error instanceof MesheryError) || error.code !== 'UNSUPPORTED') throw error
      return this.requests.write({ method: 'POST', path: 'config', body }, signal)
    }
  }

  readonly close = async (): Promise<void> => {
    this.#forgetSignal()
    this.#closing.abort(new MesheryError('CLOSED', 'The event actions are closed', { phase: 'action' }))
    this.#http.platform.close()
  }
}
