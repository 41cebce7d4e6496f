import { errorOfAnswer } from '../base/answers.ts'
import { MesheryError } from '../base/errors.ts'
import type { Platform, RawSocket } from './platform.ts'

/** A browser: its own WebSocket and `fetch`, with the cookies of the page. It shows neither cookies nor refusals. */
export const browserPlatform: Platform = {
  name: 'browser',
  setsHeaders: false,
  openSocket({ url, protocol }) {
    const socket = new WebSocket(url, protocol)
    const raw: RawSocket = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      get readyState() {
        return socket.readyState
      },
      get protocol() {
        return socket.protocol
      },
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
    }
    socket.onopen = () => raw.onopen?.()
    socket.onmessage = (event) => raw.onmessage?.(event)
    socket.onclose = (event) => raw.onclose?.(event)
    socket.onerror = (event) => raw.onerror?.(event)
    return raw
  },
  fetch: (url, init) => fetch(url, { ...init, credentials: 'include' }),
  close() {},
  hold: () => () => {},
  defaultUrl: () => location.origin,
  readCredentials: async () => undefined,
  readHeaders(given) {
    if (Object.keys(given).length === 0) return {}
    throw new MesheryError('INVALID_OPTION', '`headers` takes none in a browser: a WebSocket cannot send them', {
      phase: 'options',
      details: { option: 'headers' },
    })
  },
  networkError(cause, phase, address) {
    if (cause instanceof MesheryError) return cause
    const text = cause instanceof Error ? cause.message : 'the browser shows no reason'
    return new MesheryError(phase === 'stream' ? 'CONNECTION_LOST' : 'UNREACHABLE', `${address}: ${text}`, {
      phase,
      cause,
    })
  },
  answerError: errorOfAnswer,
}
