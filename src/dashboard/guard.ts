import type { IncomingMessage } from 'node:http'

/** Why a request is not answered. */
export interface Refusal {
  /** The status of the answer. */
  readonly status: number
  /** The sentence in the answer. */
  readonly text: string
}

/** The part of a request that decides whether it is from the dashboard's own page. */
export type GuardedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>

/** A path, perhaps with a query, in printable ASCII. Never a whole address, and no address without its scheme (`//host`). */
const plainTarget = /^\/(?![/\\])[!-"$-[\]-~]*$/

/** Browsers report here who made a request. `none` is the user, by typing an address. */
const allowedInitiators: ReadonlySet<string> = new Set(['same-origin', 'none'])

const countHeaders = (rawHeaders: readonly string[], name: string): number =>
  rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length

type Check = (request: GuardedRequest, hosts: readonly string[]) => Refusal | undefined

/** Each refuses what it recognizes; the first one counts. */
const checks: readonly Check[] = [
  ({ url = '' }) =>
    plainTarget.test(url) ? undefined : { status: 400, text: 'The target of the request is not a plain path.' },
  // A page of another site whose name was made to resolve to this machine sends its own name.
  ({ headers, rawHeaders }, hosts) =>
    countHeaders(rawHeaders, 'host') === 1 && hosts.includes(headers.host ?? '')
      ? undefined
      : { status: 403, text: 'The dashboard answers only to its own address.' },
  ({ headers }) =>
    headers.origin === undefined || headers.origin === `http://${headers.host}`
      ? undefined
      : { status: 403, text: 'Another page may not use the dashboard.' },
  ({ headers }) => {
    const initiator = headers['sec-fetch-site']
    if (initiator === undefined || allowedInitiators.has(String(initiator))) return undefined
    return {
      status: 403,
      text: 'Another page may not open the dashboard: copy its address into the address bar of the browser.',
    }
  },
  ({ method, headers }) => {
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
    return hasBody && method !== 'POST' ? { status: 400, text: `A ${method} takes no body here.` } : undefined
  },
]

/**
 * Why a request cannot be from the dashboard's own page or its user; undefined if it can.
 * @param port That of the dashboard.
 */
export const refusalOf = (request: GuardedRequest, port: number): Refusal | undefined => {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  for (const check of checks) {
    const refusal = check(request, hosts)
    if (refusal) return refusal
  }
  return undefined
}
