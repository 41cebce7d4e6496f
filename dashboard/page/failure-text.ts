import type { MesheryError } from '../../src/browser.ts'
import { sentence } from './time-text.ts'

/** An error for people: what happened, and what to do. */
export interface FailureText {
  /** A sentence. */
  readonly reason: string
  /** A sentence; empty where the reason contains it. */
  readonly remedy: string
}

/** The beginning of an error of a request that the dashboard refused. The rest is the sentence of the dashboard: what happened, and what to do. */
const refusedByDashboard = /^\S+ answers \d+: (?=(?:Meshery|The dashboard|Open the address)\b)/

/** The beginning of an error of a request that never reached the dashboard. */
const notReached = /^https?:\/\/[^/\s]+: /

/** The address of the dashboard: the page knows only that one, and the user wants to know of Meshery. */
const ownOrigin = /^https?:\/\/[^/\s]+(?=\/)/

/** The client of the page takes the dashboard for Meshery: this writes its errors as the user sees them. */
export function failureText({ code, message, remedy }: Pick<MesheryError, 'code' | 'message' | 'remedy'>): FailureText {
  if (refusedByDashboard.test(message)) return { reason: sentence(message.replace(refusedByDashboard, '')), remedy: '' }
  if (notReached.test(message)) {
    const reason = `The dashboard does not answer (${message.replace(notReached, '')}).`
    return { reason, remedy: 'Start `meshery-live dashboard` again, and open the address that it prints.' }
  }
  return {
    reason: sentence(message.replace(ownOrigin, '')),
    // The credentials are those of the command, not of the browser.
    remedy: code === 'CREDENTIALS_REFUSED' ? '' : remedy,
  }
}
