import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { MesheryOptions } from '../../src/client/options.ts'
import { type HttpServer, listen } from '../platform/http-server.ts'
import { type Answer, type Served, serve } from './served.ts'

/** What the dashboards of these tests have, and no browser may get. */
export const token = 'planted-token-8sKq2LmZx91uVb77aa'
export const identity: { readonly provider: string; readonly token: string } = { provider: 'Meshery', token }

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}

/** What answers the check at the start of a dashboard, and leaves the rest to the handler. */
export const behindCheck = (handler: Handler): Handler => {
  let checks = 2
  return (request, response) => {
    if (checks-- > 0) json(response, { build: 'v1.0.0', events: [] })
    else handler(request, response)
  }
}

/** A Meshery, and a dashboard of it. */
export interface Pair extends AsyncDisposable {
  readonly meshery: HttpServer
  readonly own: Served
}

/** A Meshery of its own making, and a dashboard of it. */
export const serveBefore = async (handler: Handler, options: MesheryOptions = {}): Promise<Pair> => {
  const meshery = await listen(behindCheck(handler))
  const own = await serve({ url: meshery.url, ...identity, ...options })
  meshery.requests.length = 0
  return {
    meshery,
    own,
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      await meshery[Symbol.asyncDispose]()
    },
  }
}

/** Opens a stream. Resolves with its answer, once the headers are there. */
export const openStream = (own: Served, path = '/api/system/events/subscribe'): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    send(own.url + path, { headers: { cookie: own.cookie }, agent: false }, resolve)
      .on('error', reject)
      .end()
  })

/** POSTs a GraphQL request. */
export const query = (own: Served, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  own.get('/api/system/graphql/query', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
