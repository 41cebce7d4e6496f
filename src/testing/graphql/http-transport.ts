import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, reply } from '../network/http-reply.ts'
import { goJSON } from '../wire/go.ts'
import { parseJSON } from '../wire/json.ts'
import { validationFailed, type WireError } from './errors.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { Operation, type OperationMessage } from './operation.ts'
import { type GraphqlRequest, isPrepared, prepare, readRequest } from './request.ts'

/** Answers a request that failed as a whole, as the HTTP transports of gqlgen do. */
export const replyErrors = (response: ServerResponse, status: number, errors: readonly WireError[]): void =>
  reply(response, status, { 'content-type': 'application/json' }, `{"errors":${goJSON(errors)},"data":null}`)

/** POST of an operation. A subscription is answered with its first value, once it has one. */
export async function postGraphql(
  server: GraphqlServer,
  url: URL,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const body = await bodyOf(request)
  if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
    const errors = '{"errors":[{"message":"transport not supported"}],"data":null}'
    return reply(response, 400, { 'content-type': 'text/plain; charset=utf-8' }, errors)
  }
  const operation = readRequest(parseJSON(body))
  if (!operation) {
    // gqlgen echoes the whole body here.
    return replyErrors(response, 400, [{ message: `json request body could not be decoded: body:${body}` }])
  }
  run(server, operation, response, { url, onlyQueries: false })
}

/** GET of a query. An upgrade whose header a proxy has stripped arrives here too. */
export function getGraphql(server: GraphqlServer, url: URL, response: ServerResponse): void {
  const query = url.searchParams.get('query') ?? ''
  if (query === '') {
    replyErrors(response, 422, [{ message: 'no operation provided', extensions: validationFailed }])
    return
  }
  const text = url.searchParams.get('variables')
  const variables = text === null ? {} : parseJSON(text)
  if (variables === undefined) {
    replyErrors(response, 400, [{ message: 'variables could not be decoded' }])
    return
  }
  const operationName = url.searchParams.get('operationName') ?? undefined
  const operation = readRequest({ query, operationName, variables })
  if (operation) run(server, operation, response, { url, onlyQueries: true })
}

function run(
  server: GraphqlServer,
  request: GraphqlRequest,
  response: ServerResponse,
  { url, onlyQueries }: { readonly url: URL; readonly onlyQueries: boolean },
): void {
  const prepared = prepare(server.schema, request)
  if (!isPrepared(prepared)) {
    replyErrors(response, 422, prepared)
    return
  }
  if (onlyQueries && prepared.kind !== 'query') {
    replyErrors(response, 406, [{ message: 'GET requests only allow query operations' }])
    return
  }
  let isAnswered = false
  const send = (messages: readonly OperationMessage[]): void => {
    if (isAnswered) return
    isAnswered = true
    // A subscription that ends without a value is answered with `null`.
    const body = messages[0]?.payload ?? 'null'
    server.tcpConnections.whenThawed(() => reply(response, 200, { 'content-type': 'application/json' }, body))
    operation.stop('disconnected')
  }
  const operation = new Operation({ send, room: () => undefined }, prepared, () => {})
  response.once('close', () => operation.stop('disconnected'))
  operation.start(server.sources, server.originOf(url))
}
