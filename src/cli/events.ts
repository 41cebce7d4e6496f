import { createMeshery, MesheryError, type Notice } from '../index.ts'
import type { Command } from './command.ts'
import { noticeListener, sayError } from './diagnostics.ts'
import { type EventsOptions, readEventsOptions } from './events-options.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { eventsHelp } from './help.ts'
import { writeLine } from './output.ts'
import { prettyEvent } from './text.ts'

/** Why a command ended before its work was done. */
interface Ending {
  readonly code: number
  readonly error: MesheryError | null
}

/** Follows Meshery's events, one a line. */
export const events: Command = {
  summary: 'follow the events of a Meshery Server',
  help: eventsHelp,
  async run(given, signal) {
    const options = readEventsOptions(given)
    if (options.help) {
      await writeLine(eventsHelp, signal)
      return exitCodes.done
    }
    const { code, error } = await follow(options, signal)
    if (error) sayError(error, options.verbose)
    return code
  },
}

async function follow(options: EventsOptions, signal: AbortSignal): Promise<Ending> {
  const stop = new AbortController()
  let ending: Ending | undefined
  const end = (code: number, error: MesheryError | null): void => {
    ending ??= { code, error }
    stop.abort()
  }
  const hear = noticeListener(options.verbose)
  let reached = false
  const onNotice = (notice: Notice): void => {
    hear(notice)
    if (notice.kind !== 'status') return
    if (notice.state === 'live' || notice.state === 'polling') reached = true
    if (notice.state !== 'waiting' || notice.reason === null) return
    const code = exitCodeOf(notice.reason)
    // A program can wait for other credentials, and for a server that is not there yet; whoever typed a command wants
    // to know.
    if (code === exitCodes.credentials || (code === exitCodes.unreachable && !reached)) end(code, notice.reason)
  }
  const ended = AbortSignal.any([signal, stop.signal])
  const meshery = createMeshery({ ...options.connection, signal: ended })
  const subscription = meshery.subscribeEvents(options.filters, { onNotice })
  const reach = (): void => {
    reached = true
  }
  // A rejection comes out of the iteration as well.
  subscription.ready.then(reach, () => {})
  const late = (): void => end(exitCodes.timeout, subscription.status.reason)
  const timer = options.timeout === undefined ? undefined : setTimeout(late, options.timeout)
  try {
    let left = options.count ?? Number.POSITIVE_INFINITY
    for await (const event of subscription) {
      await writeLine(options.output === 'json' ? JSON.stringify(event) : prettyEvent(event, process.stdout), ended)
      left -= 1
      if (left === 0) break
    }
    return ending ?? { code: exitCodes.done, error: null }
  } catch (error) {
    if (ending) return ending
    if (error instanceof MesheryError) return { code: exitCodeOf(error), error }
    throw error
  } finally {
    clearTimeout(timer)
    await meshery.close()
  }
}
