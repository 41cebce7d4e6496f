import { answerError } from '../base/answer-errors.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { freshToken } from '../credentials/cookie.ts'
import { beginning } from './body.ts'
import { browserPlatform } from './browser.ts'
import { ClientDiagnostics } from './diagnostics.ts'
import { readHeaders } from './headers.ts'
import type { HttpResponse, Platform, RawSocket, SocketRequest } from './platform.ts'
import { findProvider } from './providers.ts'
import { Warnings } from './warnings.ts'

/** A WebSocket from a response; it sends nothing before it is accepted. */
type WorkerSocket = WebSocket & { accept(): void }

/** The socket in an answer, where there is one. */
const socketOf = (response: Response): WorkerSocket | undefined =>
  'webSocket' in response && isSocket(response.webSocket) ? response.webSocket : undefined

const isSocket = (value: unknown): value is WorkerSocket =>
  typeof value === 'object' && value !== null && 'accept' in value

/** A WebSocket by `fetch`, which sends cookies and headers and shows the status of a refusal: `new WebSocket` does neither. */
class FetchedSocket implements RawSocket {
  onopen: RawSocket['onopen'] = null
  onmessage: RawSocket['onmessage'] = null
  onclose: RawSocket['onclose'] = null
  onerror: RawSocket['onerror'] = null
  readonly #abort = new AbortController()
  #socket: WorkerSocket | undefined
  #protocol = ''

  constructor(request: SocketRequest) {
    this.#dial(request).catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.onerror?.(error)
    })
  }

  async #dial({ url, protocol, headers, onAnswer }: SocketRequest): Promise<void> {
    const response = await fetch(url.replace(/^ws/, 'http'), {
      headers: { ...headers, upgrade: 'websocket', 'sec-websocket-protocol': protocol },
      redirect: 'manual',
      signal: this.#abort.signal,
    })
    const socket = socketOf(response)
    if (this.#abort.signal.aborted) {
      // It must be accepted before it can be closed.
      socket?.accept()
      socket?.close()
      return
    }
    if (!socket) {
      onAnswer({ status: response.status, headers: response.headers, body: await beginning(response.body) })
      return
    }
    this.#socket = socket
    this.#protocol = response.headers.get('sec-websocket-protocol') ?? ''
    socket.addEventListener('message', ({ data }) => this.onmessage?.({ data }))
    socket.addEventListener('close', (event) => this.onclose?.(event))
    socket.addEventListener('error', (event) => this.onerror?.(event))
    socket.accept()
    this.onopen?.()
  }

  get readyState(): number {
    return this.#socket?.readyState ?? (this.#abort.signal.aborted ? 3 : 0)
  }

  get protocol(): string {
    return this.#protocol
  }

  send(text: string): void {
    this.#socket?.send(text)
  }

  close(code?: number, reason?: string): void {
    if (this.#socket) this.#socket.close(code, reason)
    else this.#abort.abort()
  }
}

/**
 * A Cloudflare worker, and what is like it: a `fetch` that sends every header, and neither files nor an environment. One for
 * each client, since each client is warned by itself.
 */
export const workerPlatform = (): Platform => {
  const warnings = new Warnings()
  let diagnostics: ClientDiagnostics | undefined
  const send: Platform['fetch'] = async (url, init) => {
    warnings.requestLeaves(url, new Headers(init.headers).get('cookie'))
    // `credentials`, which browsers need, is refused there.
    const request = (): Promise<HttpResponse> => fetch(url, init)
    return diagnostics ? diagnostics.request(init.method ?? 'GET', url, request) : request()
  }
  return {
    ...browserPlatform,
    name: 'worker',
    setsHeaders: true,
    openSocket(request) {
      warnings.requestLeaves(request.url, request.headers['cookie'])
      return new FetchedSocket(request)
    },
    fetch: send,
    diagnose(client, logger) {
      diagnostics = new ClientDiagnostics(client, logger)
      return diagnostics
    },
    onWarning(listener) {
      warnings.listener = listener
    },
    freshToken,
    findProvider: (who, request) => findProvider(who, request, send),
    defaultUrl() {
      throw new MesheryError('INVALID_OPTION', 'No `url` is given, and a worker has no default for it', {
        phase: 'options',
        details: { option: 'url' },
      })
    },
    readHeaders,
    networkError,
    answerError,
  }
}
