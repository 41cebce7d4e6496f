import type { IncomingMessage, ServerResponse } from 'node:http'
import { type GraphqlRequest, isRunnable, prepare, readRequest } from './document.ts'
import { goJSON } from './go.ts'
import { validationFailed, type WireError } from './graphql-errors.ts'
import { Operation, type Part } from './operation.ts'
import { bodyOf, fromJSON, isRecord, reply } from './reply.ts'
import type { World } from './world.ts'

/** Answers errors of a whole request as gqlgen's HTTP transports do. */
export const replyErrors = (response: ServerResponse, status: number, errors: readonly WireError[]): void =>
  reply(response, status, { 'content-type': 'application/json' }, `{"errors":${goJSON(errors)},"data":null}`)

/** POST /api/system/graphql/query. A subscription is answered with its first value, once there is one. */
export async function postGraphql(
  world: World,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
    const errors = '{"errors":[{"message":"transport not supported"}],"data":null}'
    return reply(response, 400, { 'content-type': 'text/plain; charset=utf-8' }, errors)
  }
  const payload = fromJSON(body)
  const graphql = isRecord(payload) ? readRequest(payload) : undefined
  if (!graphql) {
    // gqlgen echoes the whole body here.
    return replyErrors(response, 400, [{ message: `json request body could not be decoded: body:${body}` }])
  }
  run(world, graphql, response, { url })
}

/** GET /api/system/graphql/query, which is also what is left of an upgrade whose header a proxy has stripped. */
export function getGraphql(world: World, url: URL, response: ServerResponse): void {
  const query = url.searchParams.get('query') ?? ''
  if (query === '') {
    replyErrors(response, 422, [{ message: 'no operation provided', extensions: validationFailed }])
    return
  }
  const text = url.searchParams.get('variables')
  const variables = text === null ? {} : fromJSON(text)
  if (variables === undefined) {
    replyErrors(response, 400, [{ message: 'variables could not be decoded' }])
    return
  }
  const operationName = url.searchParams.get('operationName') ?? undefined
  const request = readRequest({ query, operationName, variables })
  if (request) run(world, request, response, { url, onlyQueries: true })
}

function run(
  world: World,
  request: GraphqlRequest,
  response: ServerResponse,
  { url, onlyQueries = false }: { url: URL; onlyQueries?: boolean },
): void {
  const prepared = prepare(world.schema, request)
  if (!isRunnable(prepared)) {
    replyErrors(response, 422, prepared)
    return
  }
  if (onlyQueries && prepared.kind !== 'query') {
    replyErrors(response, 406, [{ message: 'GET requests only allow query operations' }])
    return
  }
  let answered = false
  const send = (parts: readonly Part[]): void => {
    if (answered) return
    answered = true
    // A subscription that ends without a value is answered with `null`.
    const body = parts[0]?.payload ?? 'null'
    world.connections.whenThawed(() => reply(response, 200, { 'content-type': 'application/json' }, body))
    operation.stop('gone')
  }
  const operation = new Operation({ send, room: () => undefined }, prepared, () => {})
  response.once('close', () => operation.stop('gone'))
  operation.start(world.sources, world.arrive(url))
}
