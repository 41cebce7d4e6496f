import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client/core'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { OperationTypeNode } from 'graphql'
import { request } from 'graphql-request'
import { createClient, type Client as SocketClient } from 'graphql-ws/client'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { WebSocket } from 'ws'
import { v0_8 as texts, v1_0 } from '../../src/document-texts.ts'
import { v0_8 as parsed } from '../../src/documents.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'

const auth = { provider: 'Meshery', token: 'a-token-of-some-length' }
const headers = { cookie: `meshery-provider=${auth.provider}; token=${auth.token}` }
/** A connection that is kept may be one to an earlier fake on the same port. */
const httpHeaders = { ...headers, connection: 'close' }
const selector = { page: '0', pageSize: '10', search: '', order: '' }

const pattern = {
  id: '11111111-aaaa-4bbb-8ccc-dddddddddddd',
  name: 'web',
  user_id: '22222222-aaaa-4bbb-8ccc-dddddddddddd',
  location: { branch: '', host: '', path: '', type: 'local' },
  visibility: 'private',
  canSupport: true,
  errmsg: null,
  created_at: '2026-01-02T03:04:05Z',
  updated_at: '2026-01-02T03:04:05Z',
  type: { String: 'Design', Valid: true },
  catalog_data: { info: 'none' },
  pattern_file: 'name: web',
}
const patterns = { page: 0, page_size: 10, total_count: 1, patterns: [pattern] }

/** A fake with one design. Each call of `more` adds a pod to the count of a namespace. */
async function meshery(): Promise<{ fake: FakeMeshery; endpoint: string; socketUrl: string }> {
  const fake = await startFakeMeshery({ release: 'v0.8', auth })
  fake.graphql('fetchPatterns', async function* ({ selector: asked }) {
    expect(asked).toEqual(selector)
    yield patterns
  })
  fake.graphql('subscribeClusterResources', async function* ({ k8scontextIDs, namespace }, signal) {
    expect([k8scontextIDs, namespace]).toEqual([['a-cluster'], 'web'])
    yield { resources: [{ kind: 'Pod', count: 1 }] }
    yield { resources: [{ kind: 'Pod', count: 2 }] }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const endpoint = `${fake.url}/api/system/graphql/query`
  return { fake, endpoint, socketUrl: endpoint.replace('http', 'ws') }
}

const inNamespace = { k8scontextIDs: ['a-cluster'], namespace: 'web' }
const counted = [1, 2].map((count) => ({ subscribeClusterResources: { resources: [{ kind: 'Pod', count }] } }))

/** graphql-ws, to which Apollo Client and urql leave the socket. In Node the cookies are sent as a header. */
const socketOf = (url: string): SocketClient =>
  createClient({
    url,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers })
      }
    },
    retryAttempts: 0,
  })

describe('Apollo Client', () => {
  const connect = (endpoint: string, socket: SocketClient): ApolloClient =>
    new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.split(
        ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
        new GraphQLWsLink(socket),
        new HttpLink({ uri: endpoint, headers: httpHeaders }),
      ),
    })

  it('queries a parsed document over HTTP, with its types', async () => {
    const { fake, endpoint, socketUrl } = await meshery()
    await using _ = fake
    const socket = socketOf(socketUrl)
    const client = connect(endpoint, socket)
    const { data } = await client.query({ query: parsed.PatternsNowDocument, variables: { selector } })
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery | undefined>()
    expect(data?.fetchPatterns.total_count).toBe(1)
    expect(data).toMatchObject({ fetchPatterns: patterns })
    client.stop()
    await socket.dispose()
  })

  it('subscribes to a parsed document over a WebSocket, with its types', async () => {
    const { fake, endpoint, socketUrl } = await meshery()
    await using _ = fake
    const socket = socketOf(socketUrl)
    const client = connect(endpoint, socket)
    const received: unknown[] = []
    const subscription = client
      .subscribe({ query: parsed.ClusterResourcesDocument, variables: inNamespace, fetchPolicy: 'no-cache' })
      .subscribe(({ data, error }) => {
        expectTypeOf(data).toEqualTypeOf<texts.ClusterResourcesSubscription | undefined>()
        received.push(error ?? data)
      })
    await expect.poll(() => received).toMatchObject(counted)
    subscription.unsubscribe()
    await expect.poll(() => fake.stats.operations).toBe(0)
    client.stop()
    await socket.dispose()
  })

  it('requires the variables that a document has', () => {
    type Query = Parameters<
      typeof ApolloClient.prototype.query<texts.PatternsNowQuery, texts.PatternsNowQueryVariables>
    >
    expectTypeOf(parsed.PatternsNowDocument).toExtend<Query[0]['query']>()
    expectTypeOf(texts.PatternsNowDocument).not.toExtend<Query[0]['query']>()
    expectTypeOf<{ selector: { page: number } }>().not.toExtend<NonNullable<Query[0]['variables']>>()
  })
})

describe('urql', () => {
  const connect = (endpoint: string, socket: SocketClient): Client =>
    new Client({
      url: endpoint,
      preferGetMethod: false,
      fetchOptions: { headers: httpHeaders },
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables = {} }) => ({
            subscribe: (sink) => ({
              unsubscribe: socket.subscribe(
                { query, variables },
                {
                  next: ({ data = null, errors }) => sink.next(errors ? { data, errors: [...errors] } : { data }),
                  error: (error) => sink.error(error),
                  complete: () => sink.complete(),
                },
              ),
            }),
          }),
        }),
      ],
    })

  it('queries a typed string over HTTP, with its types', async () => {
    const { fake, endpoint, socketUrl } = await meshery()
    await using _ = fake
    const socket = socketOf(socketUrl)
    const { data, error } = await connect(endpoint, socket).query(texts.PatternsNowDocument, { selector })
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery | undefined>()
    expect(error).toBeUndefined()
    expect(data).toMatchObject({ fetchPatterns: patterns })
    await socket.dispose()
  })

  it('accepts a parsed document as well', async () => {
    const { fake, endpoint, socketUrl } = await meshery()
    await using _ = fake
    const socket = socketOf(socketUrl)
    const { data, error } = await connect(endpoint, socket).query(parsed.PatternsNowDocument, { selector })
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery | undefined>()
    expect(error).toBeUndefined()
    expect(data).toMatchObject({ fetchPatterns: patterns })
    await socket.dispose()
  })

  it('subscribes to a typed string over a WebSocket, with its types', async () => {
    const { fake, endpoint, socketUrl } = await meshery()
    await using _ = fake
    const socket = socketOf(socketUrl)
    const received: unknown[] = []
    const { unsubscribe } = connect(endpoint, socket)
      .subscription(texts.ClusterResourcesDocument, inNamespace)
      .subscribe(({ data, error }) => {
        expectTypeOf(data).toEqualTypeOf<texts.ClusterResourcesSubscription | undefined>()
        received.push(error ?? data)
      })
    await expect.poll(() => received).toMatchObject(counted)
    unsubscribe()
    await expect.poll(() => fake.stats.operations).toBe(0)
    await socket.dispose()
  })
})

describe('graphql-request', () => {
  it('queries a typed string, with its types', async () => {
    const { fake, endpoint } = await meshery()
    await using _ = fake
    const data = await request(endpoint, texts.PatternsNowDocument, { selector }, httpHeaders)
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery>()
    expect(data).toEqual({ fetchPatterns: patterns })
  })

  it('accepts a parsed document as well', async () => {
    const { fake, endpoint } = await meshery()
    await using _ = fake
    const data = await request(endpoint, parsed.PatternsNowDocument, { selector }, httpHeaders)
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery>()
    expect(data).toEqual({ fetchPatterns: patterns })
  })

  it('gets one shape on every release line, in data and in types', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { user_id: owner, ...rest } = pattern
    fake.graphql('fetchPatterns', async function* () {
      yield { ...patterns, patterns: [{ ...rest, owner }] }
    })
    const data = await request(`${fake.url}/api/system/graphql/query?provider=None`, v1_0.PatternsNowDocument, {
      selector,
    })
    expectTypeOf(data).toEqualTypeOf<texts.PatternsNowQuery>()
    expect(data).toEqual({ fetchPatterns: patterns })
  })
})
