import { Agent as HttpAgent, request as http, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as https } from 'node:https'
import { Readable } from 'node:stream'

/** `fetch`, as far as it is used here, over connections of its own that can be closed and do not hold the process. */
export interface NodeFetch {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Ends every connection. */
  close(): void
}

/**
 * GET over node:http. The built-in `fetch` keeps its connections where nobody can close or release them; it would also
 * follow redirects, which must never happen with credentials.
 */
export function nodeFetch(): NodeFetch {
  const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }
  return {
    fetch: (url, { headers, signal }) =>
      new Promise((resolve, reject) => {
        const secure = url.startsWith('https:')
        const agent = agents[secure ? 'https:' : 'http:']
        const given = Object.fromEntries(new Headers(headers ?? {}))
        const request = (secure ? https : http)(url, { agent, headers: given, ...(signal && { signal }) })
        request.on('socket', (socket) => socket.unref())
        request.on('error', reject)
        request.on('response', (message) => resolve(response(message)))
        request.end()
      }),
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function response(message: IncomingMessage): Response {
  const headers = new Headers()
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2)
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '')
  const status = message.statusCode ?? 0
  const bodiless = status < 200 || status === 204 || status === 304
  if (bodiless) message.resume()
  const body = bodiless ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>)
  return new Response(body, { status: Math.max(200, status), headers })
}
