import { refuse } from '../base/checks.ts'
import { changedError, MesheryError } from '../base/errors.ts'
import { errorOfAnswer } from '../base/http-errors.ts'
import { isError } from '../base/thrown.ts'
import type { Platform } from './platform.ts'

/** Says what is missing, as jsdom has no `fetch`. Without a WebSocket, the other transports remain. */
function need(name: 'fetch' | 'WebSocket'): void {
  if (typeof globalThis[name] === 'function') return
  const isFetch = name === 'fetch'
  throw new MesheryError(isFetch ? 'INVALID_OPTION' : 'TRANSPORT_UNAVAILABLE', `There is no \`${name}\` here`, {
    phase: isFetch ? 'options' : 'upgrade',
    remedy: `Provide \`${name}\`.`,
    details: { permanent: true },
  })
}

const sameOrigin = 'Serve the page from the origin of Meshery, or have its server pass on `/api`.'

const isForeign = (address: string): boolean => typeof location === 'object' && location.origin !== address

/** What to do in a page, which has the cookies of its browser and no mesheryctl; undefined where the remedy of the code fits. */
const remedyInPage = ({ code }: MesheryError, address: string): string | undefined => {
  const foreign = isForeign(address)
  if (code === 'NOT_MESHERY' && !foreign) return sameOrigin
  if (code !== 'CREDENTIALS_REFUSED') return undefined
  return `Sign in to Meshery in this browser.${foreign ? ` ${sameOrigin}` : ''}`
}

const forPage = (error: MesheryError, address: string): MesheryError => {
  const remedy = remedyInPage(error, address)
  return remedy ? changedError(error, { remedy }) : error
}

/** A browser: its own WebSocket and `fetch`, with the cookies of the page. It shows neither cookies nor refusals. */
export const browserPlatform: Platform = {
  name: 'browser',
  setsHeaders: false,
  openSocket({ url, protocol }) {
    need('WebSocket')
    return new WebSocket(url, protocol)
  },
  async fetch(url, init) {
    need('fetch')
    return fetch(url, { ...init, credentials: 'include' })
  },
  close() {},
  hold: () => () => {},
  defaultUrl: () => location.origin,
  readCredentials: async () => undefined,
  readHeaders(given) {
    return Object.keys(given).length === 0 ? {} : refuse('headers', 'some', 'none in a browser')
  },
  networkError(cause, phase, address) {
    if (cause instanceof MesheryError) return forPage(cause, address)
    const text = isError(cause) ? cause.message : 'no reason is shown'
    if (phase === 'stream') return new MesheryError('CONNECTION_LOST', `${address}: ${text}`, { phase, cause })
    // What CORS forbids looks like a network that fails.
    const foreign = isForeign(address)
    const why = foreign ? `, asked by a page of ${location.origin}: CORS may forbid it` : ''
    return new MesheryError('UNREACHABLE', `${address}: ${text}${why}`, {
      phase,
      cause,
      ...(foreign && { remedy: sameOrigin }),
    })
  },
  answerError: (answer, asked) => forPage(errorOfAnswer(answer, asked), new URL(asked.url).origin),
}
