import { isRecord } from '../base/checks.ts'
import { type ErrorCode, hasCode, MesheryError } from '../base/errors.ts'
import { events } from '../streams/events.ts'
import type { Upstream } from './upstream.ts'
import { userNameOf } from './user-name.ts'

/** What `GET /dashboard.json` answers: what the page cannot ask Meshery. No secret is in it. */
export interface DashboardSummary {
  readonly server: {
    /** The address of Meshery, without a user and a password. */
    readonly url: string
    /** The release that Meshery reported last; null if it reported none. */
    readonly release: string | null
  }
  /** The context of mesheryctl that gave the address; null if none did. */
  readonly context: string | null
  /** The name of the user whom Meshery knows the command as; null if it has not reported one. */
  readonly user: string | null
  readonly links: {
    /** Meshery's own pages, with a slash at the end. */
    readonly ui: string
  }
}

/** How long the page waits for the summary, in milliseconds: some servers ask GitHub for their release before they answer. */
const summaryTimeoutMs = 2_000

/** The longest answer about the user that is read, in bytes. */
const userBytes = 2 ** 20

/** Errors of the version that other requests prove or disprove: some servers ask GitHub for it, and some have none. */
const versionMayFail: ReadonlySet<ErrorCode> = new Set(['SERVER_ERROR', 'RATE_LIMITED', 'NOT_MESHERY', 'TIMED_OUT'])

/** Errors of the store that the page shows by itself. */
const storeMayFail: ReadonlySet<ErrorCode> = new Set(['SERVER_ERROR', 'RATE_LIMITED'])

/** The same where the release is known: early ones have no events. */
const storeMayBeMissing: ReadonlySet<ErrorCode> = new Set([...storeMayFail, 'NOT_MESHERY'])

/** Which server the dashboard is of. */
export class Summary {
  readonly #upstream: Upstream
  readonly #context: string | null
  #release: string | null = null
  #user: string | null = null

  constructor(upstream: Upstream, context: string | null) {
    this.#upstream = upstream
    this.#context = context
  }

  /**
   * Checks at the start that Meshery answers and accepts the credentials.
   * @throws MesheryError if it does not.
   */
  async check(signal: AbortSignal): Promise<void> {
    const { request } = this.#upstream.timeouts
    await this.#askRelease(request, signal)
    await tolerate(this.#release === null ? storeMayFail : storeMayBeMissing, () => this.#readEvents(signal))
  }

  /** The present summary. Never rejects. */
  async describe(signal: AbortSignal): Promise<DashboardSummary> {
    await Promise.all([orKeep(this.#askRelease(summaryTimeoutMs, signal)), orKeep(this.#askUser(signal))])
    const url = this.#upstream.http.base
    return {
      server: { url, release: this.#release },
      context: this.#context,
      user: this.#user,
      links: { ui: `${url}/` },
    }
  }

  async #askRelease(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { http } = this.#upstream
    await tolerate(versionMayFail, async () => {
      const { body } = await http.json('/api/system/version', { phase: 'poll', timeout: timeoutMs, signal })
      this.#release = isRecord(body) && typeof body['build'] === 'string' ? body['build'] : null
    })
  }

  /** The page does not ask this itself: a browser shows an error where a release does not answer it. */
  async #askUser(signal: AbortSignal): Promise<void> {
    const { body } = await this.#upstream.http.json('/api/user', {
      phase: 'poll',
      timeout: summaryTimeoutMs,
      limit: userBytes,
      signal,
    })
    this.#user = userNameOf(body)
  }

  /** Reads the newest event, by the first path that this release has. */
  async #readEvents(signal: AbortSignal): Promise<void> {
    const { http, timeouts } = this.#upstream
    let missing: unknown
    for (const path of events.store) {
      try {
        await http.json(`${path}?page=0&pagesize=1&pageSize=1`, { phase: 'store', timeout: timeouts.request, signal })
        return
      } catch (error) {
        // Another release has it under another path.
        if (!hasCode(error, 'NOT_MESHERY')) throw error
        missing = error
      }
    }
    throw missing
  }
}

/** What keeps Meshery from answering, the page finds out by itself. What was reported last stays. */
async function orKeep(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
  }
}

/** Lets errors of these codes pass. */
async function tolerate(codes: ReadonlySet<ErrorCode>, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof MesheryError && codes.has(error.code))) throw error
  }
}
