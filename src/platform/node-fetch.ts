import { Agent as HttpAgent, request as http, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as https } from 'node:https'
import { Readable } from 'node:stream'
import type { HttpResponse } from './platform.ts'

/** `fetch`, as far as it is used here, over connections of its own that can be closed and do not hold the process. */
export interface NodeFetch {
  fetch(url: string, init: RequestInit): Promise<HttpResponse>
  /** Ends every connection. */
  close(): void
}

/**
 * Requests over node:http. The built-in `fetch` keeps its connections where nobody can close or release them; it would also
 * follow redirects, which must never happen with credentials.
 */
export function nodeFetch(): NodeFetch {
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }
  return {
    fetch: (url, { method = 'GET', headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const secure = url.startsWith('https:')
        const agent = agents[secure ? 'https:' : 'http:']
        const given = Object.fromEntries(new Headers(headers ?? {}))
        const request = (secure ? https : http)(url, { agent, method, headers: given, ...(signal && { signal }) })
        request.on('socket', (socket) => socket.unref())
        request.on('error', reject)
        request.on('response', (message) => resolve(new NodeResponse(message)))
        request.end(typeof body === 'string' ? body : undefined)
      }),
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** What of a `Response` is used, made when it is asked for: a page is read without a web stream in between. */
class NodeResponse implements HttpResponse {
  readonly status: number
  readonly headers = new Headers()
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.#message = message
    this.status = message.statusCode ?? 0
    for (let at = 0; at + 1 < message.rawHeaders.length; at += 2)
      this.headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '')
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get body(): ReadableStream<Uint8Array> {
    return Readable.toWeb(this.#message) as ReadableStream<Uint8Array>
  }

  async text(): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of this.#message) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
}
