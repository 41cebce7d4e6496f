import { MesheryError } from '../base/errors.ts'
import type { RawSocket } from '../platform/platform.ts'
import { type HttpClient, pathOf } from './http-client.ts'
import type { HttpRead } from './http-read.ts'

/**
 * Meshery's GraphQL endpoint: queries by POST, and the upgrade to a WebSocket. Apart from the HTTP client, so that a page
 * without WebSocket and states does not download it.
 */

/**
 * The path of GraphQL, for queries and for the WebSocket, on every release that has it. Releases up to early v0.7 take
 * from its query which Kubernetes contexts are meant (middlewares.go), later ones from the operation.
 */
const graphqlPath = '/api/system/graphql/query?contexts=all'

/** POSTs a GraphQL query, and resolves with its answer: `data`, `errors` or both. Throws as `HttpClient.json` does. */
export async function postQuery(
  server: HttpClient,
  operation: { readonly query: string; readonly variables: Readonly<Record<string, unknown>> },
  reading: HttpRead & { readonly timeout: number },
): Promise<unknown> {
  const { body } = await server.json(graphqlPath, { ...reading, post: JSON.stringify(operation) })
  return body
}

/**
 * Opens the upgrade to GraphQL, with cookies. `onRefused` receives the error of a response in place of an upgrade, before `onerror`.
 * @throws MesheryError when the platform does not even try.
 */
export function openSocket(server: HttpClient, protocol: string, onRefused: (error: MesheryError) => void): RawSocket {
  const { platform, credentials } = server
  const url = server.urlOf(graphqlPath)
  const sent = credentials.version
  server.holds.throwIfHeld(pathOf(graphqlPath), 'upgrade', true)
  try {
    return platform.openSocket({
      url: url.replace(/^http/, 'ws'),
      protocol,
      headers: server.headers({}),
      maxPayload: server.messageBytes,
      onAnswer: (answer) => {
        credentials.absorb(platform.freshToken?.(answer.headers, url), sent)
        onRefused(server.answerError(answer, sent, { url, phase: 'upgrade' }))
      },
    })
  } catch (error) {
    throw server.networkError(error, 'upgrade')
  }
}

/**
 * The payload of `connection_init`: the identity, overridden by what the user gave.
 * @throws MesheryError CREDENTIALS_UNREADABLE when the user's function fails.
 */
export async function connectionParams(server: HttpClient): Promise<Record<string, unknown>> {
  const given = server.options.connectionParams
  try {
    const params = typeof given === 'function' ? await given() : given
    server.learnParams(params)
    return { ...server.credentials.params(), ...params }
  } catch (cause) {
    throw server.networkError(
      new MesheryError('CREDENTIALS_UNREADABLE', 'The `connectionParams` function failed', {
        phase: 'credentials',
        retryable: true,
        cause,
      }),
      'credentials',
    )
  }
}
