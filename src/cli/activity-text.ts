import type { LogDetails } from '../index.ts'
import { MesheryError } from '../index.ts'
import { spanText, withCode } from './notice-text.ts'
import { oneLine } from './text.ts'

const inMs = (details: LogDetails): string => `${Math.round(Number(details['durationMs']))} ms`

const requestText = (details: LogDetails): string => {
  const { method, path, status, code } = details
  const request = oneLine(`${method} ${path}`)
  if (status !== null) return `${request} ${status} in ${inMs(details)}`
  return `${request} failed after ${inMs(details)}: ${oneLine(String(code))}`
}

const connectionText = (details: LogDetails, now: number): string => {
  const { transport, state, reason, nextRetryAt } = details
  const why = reason instanceof MesheryError ? `: ${withCode(reason)}` : ''
  switch (state) {
    case 'connecting':
      return `${transport}: connects${reason instanceof MesheryError ? ` again after ${reason.code}` : ''}`
    case 'live':
      return `${transport}: open`
    case 'waiting': {
      const waitMs = nextRetryAt instanceof Date ? Math.max(0, nextRetryAt.getTime() - now) : 0
      return `${transport}: connects again in ${spanText(waitMs)}${why}`
    }
    case 'refused':
      return `${transport}: waits for other credentials${why}`
    case 'unavailable':
      return `${transport}: does not work here, so another transport is tried${why}`
    case 'failed':
      return `${transport}: given up${why}`
    default:
      return `${transport}: closed`
  }
}

/**
 * A log line of the level `debug` as text; undefined for what `--verbose` does not show. `now` in milliseconds since 1970.
 */
export const activityText = (details: LogDetails, message: string, now: number): string | undefined => {
  if (message.endsWith(': request')) return requestText(details)
  if (message.endsWith(': connection')) return connectionText(details, now)
  return undefined
}
