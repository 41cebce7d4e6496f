import type { MesheryError, Notice, Status, StatusNotice, TransportName } from '../index.ts'
import { messageOf, remedyOf } from './remedies.ts'
import { type Look, oneLine } from './text.ts'

export const withCode = (error: MesheryError): string => `${oneLine(messageOf(error))} (${error.code})`

/** Milliseconds, for people. */
export const spanText = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`

const plural = (count: number): string => (count === 1 ? '1 event' : `${count} events`)

/** Why a stream waits at present; null if it does not. */
export const waitingReason = ({ state, reason }: Status): MesheryError | null => (state === 'waiting' ? reason : null)

/** Why a better transport is not in use, unless the release does not have it: about that there is nothing to do. */
const fallbackText = (reason: MesheryError | null): string =>
  reason === null || reason.code === 'UNSUPPORTED' || reason.details['permanent'] === true
    ? ''
    : `. ${withCode(reason)}`

/** The line about polling, which follows, says itself why no better transport is in use. */
function connectingText(transport: TransportName | null, reason: MesheryError | null): string {
  const over = transport === null ? '' : ` over ${transport}`
  return `connecting${over}${transport === 'polling' ? '' : fallbackText(reason)}`
}

function pollingText(reason: MesheryError | null): string {
  const why = fallbackText(reason)
  const remedy = why && reason ? `. ${oneLine(remedyOf(reason))}` : ''
  return `polling: the server is asked at intervals${why}${remedy}`
}

const statusText = (
  { state, transport, reason, nextRetryAt }: StatusNotice,
  now: number,
): [string, Look?] | undefined => {
  switch (state) {
    case 'connecting':
      return [connectingText(transport, reason)]
    case 'live':
      return [transport === null ? 'live' : `live over ${transport}`, 'green']
    case 'polling':
      if (transport === null)
        return ['nothing to follow yet: the server knows no such cluster; it looks again every 10 s', 'yellow']
      return [pollingText(reason), 'green']
    case 'waiting': {
      const why = reason === null ? '' : `: ${withCode(reason)}`
      const wait = nextRetryAt === null ? '' : `; next try in ${spanText(Math.max(0, nextRetryAt.getTime() - now))}`
      return [`waiting${why}${wait}`, 'yellow']
    }
    // The command reports at its end how it ended.
    case 'closed':
    case 'failed':
      return undefined
  }
}

/** What a notice is about: events of Meshery's store, those of a stream of NATS, or what is true now. */
export type About = 'events' | 'stream' | 'state'

const storeOf = (about: About): string => (about === 'stream' ? 'stream' : 'store')

/**
 * A notice as a line, and its look; undefined for a notice that needs no line. `now` in milliseconds since 1970.
 */
export const noticeText = (notice: Notice, about: About, now: number): [text: string, look?: Look] | undefined => {
  switch (notice.kind) {
    case 'status':
      return statusText(notice, now)
    case 'gap': {
      const { since, until, recovered, complete, reason } = notice
      const ofEvents = about !== 'state'
      const found = ofEvents
        ? `${plural(recovered)} recovered from the ${storeOf(about)}`
        : 'what is shown is up to date again'
      if (complete) return [`gap of ${spanText(until.getTime() - since.getTime())} closed: ${found}`, 'green']
      const why = reason === null ? '' : `: ${withCode(reason)}`
      const loss = ofEvents ? `events may be missing (${found})` : 'what is shown may be out of date'
      return [`gap since ${since.toISOString()}, ${loss}${why}`, 'red']
    }
    case 'missed-pushes': {
      const { since, until, recovered } = notice
      const found = `${plural(recovered)} recovered from the store`
      if (until)
        return [`events are pushed again after ${spanText(until.getTime() - since.getTime())}: ${found}`, 'green']
      return [`the server does not push its events: ${found}, which is read more often`, 'yellow']
    }
    case 'overflow':
      if (notice.dropped > 0) return [`the output is read slowly: ${plural(notice.dropped)} lost`, 'red']
      return [
        `the output is read slowly: ${plural(notice.queued)} queued, what follows is read from the ${storeOf(about)}`,
        'yellow',
      ]
    case 'partial':
      return [`data came with errors: ${notice.errors.map(({ message }) => oneLine(message)).join('; ')}`, 'yellow']
    case 'certificate-expires':
      return [`the certificate of the server expires at ${notice.expiresAt.toISOString()}`, 'yellow']
    case 'certificate-not-verified':
      return [`the certificate of the server is not verified (${notice.failures.join(', ')})`, 'red']
    case 'unknown':
      return [
        `the server does not know ${notice.ids.map(oneLine).join(', ')}; the command looks again at intervals`,
        'yellow',
      ]
  }
}

/** How long the server has been away, or was, for a log. */
function waitText(notice: Notice, waitedMs: number | undefined): string {
  if (notice.kind !== 'status' || !waitedMs) return ''
  return notice.state === 'waiting' ? ` (away for ${spanText(waitedMs)})` : ` (back after ${spanText(waitedMs)})`
}

/**
 * Makes a listener that prints the notices that have a text; not the same twice in a row. A state of several operations closes a
 * gap in each: it is printed once.
 * @param now The time in milliseconds since 1970.
 * @returns Takes with a notice of a long wait how long it has taken, in milliseconds.
 */
export const noticePrinter = (
  print: (text: string, look?: Look) => void,
  about: About,
  now: () => number,
): ((notice: Notice, waitedMs?: number) => void) => {
  const before = new Map<Notice['kind'], string | undefined>()
  return (notice, waitedMs) => {
    const [text, look] = noticeText(notice, about, now()) ?? []
    // A line about a long wait comes at growing distance, also where nothing has changed.
    const isNew = waitedMs !== undefined || text !== before.get(notice.kind)
    if (text !== undefined && isNew) print(`${text}${waitText(notice, waitedMs)}`, look)
    before.set(notice.kind, text)
    // Another trouble has gaps of its own.
    if (notice.kind === 'status' && notice.state === 'waiting') before.delete('gap')
  }
}
