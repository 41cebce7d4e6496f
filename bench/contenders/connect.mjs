// How each contender follows a server. `connect[who](url, listener, options)` resolves once it has subscribed, or begun to.
//
// A listener has `event`, which gets each event as the user's code would, and `lost`, which gets how many were dropped.
// Options: `variables` of the operation; `streams`, how many subscriptions there are on one socket; `from`, the checkout
// whose build of the package is measured, if it is not this one.
const query = 'subscription Bench { subscribeEvents { id } }'
const socketOf = (url) => `${url.replace('http', 'ws')}/api/system/graphql/query`
const numbers = (streams) => Array.from({ length: streams }, (_, at) => String(at + 1))

export const connect = { bare, callback, iterate, document, websocket: events('websocket'), sse: events('sse') }

/** The least that can be done: `ws` without compression and JSON.parse. */
async function bare(url, { event }, { variables, streams = 1 }) {
  const { default: WebSocket } = await import('ws')
  const socket = new WebSocket(socketOf(url), 'graphql-transport-ws', { perMessageDeflate: false })
  socket.on('open', () => socket.send('{"type":"connection_init"}'))
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString())
    if (message.type === 'next') event(message.payload.data.subscribeEvents)
    else if (message.type === 'connection_ack')
      for (const id of numbers(streams))
        socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
  })
}

/** graphql-ws with a callback. */
async function callback(url, { event }, { variables, streams = 1 }) {
  const client = await graphqlWs(url)
  const sink = { next: ({ data }) => event(data.subscribeEvents), error: fail, complete() {} }
  for (const _ of numbers(streams)) client.subscribe({ query, variables }, sink)
}

/** graphql-ws by `for await`. */
async function iterate(url, { event }, { variables, streams = 1 }) {
  const client = await graphqlWs(url)
  const follow = async () => {
    for await (const { data } of client.iterate({ query, variables })) event(data.subscribeEvents)
  }
  for (const _ of numbers(streams)) follow().catch(fail)
}

/** `subscribe(document)` by `for await`. */
async function document(url, { event, lost }, { variables, streams = 1, from }) {
  const meshery = await client(from, { url, operations: streams })
  const follow = async () => {
    for await (const data of meshery.subscribe(query, variables, { onNotice: countsLost(lost) }))
      event(data.subscribeEvents)
  }
  for (const _ of numbers(streams)) follow().catch(fail)
}

/** `subscribeEvents` by `for await`, over one transport alone. */
function events(transport) {
  return async (url, { event, lost }, { from }) => {
    const meshery = await client(from, { url, transports: [transport] })
    const subscription = meshery.subscribeEvents({}, { onNotice: countsLost(lost) })
    const follow = async () => {
      for await (const item of subscription) event(item)
    }
    follow().catch(fail)
    await subscription.ready
  }
}

async function client(from, options) {
  const root = from ? `file://${from}/` : new URL('../../', import.meta.url)
  const { createMeshery } = await import(new URL('dist/index.js', root))
  return createMeshery({ token: 'bench', provider: 'None', ...options })
}

const countsLost = (lost) => (notice) => {
  if (notice.kind === 'overflow') lost(notice.dropped)
}

async function graphqlWs(url) {
  const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
  class Socket extends WebSocket {
    constructor(to, protocol) {
      super(to, protocol, { perMessageDeflate: false })
    }
  }
  return createClient({ url: socketOf(url), webSocketImpl: Socket })
}

export function fail(error) {
  console.error(error)
  process.exit(1)
}
