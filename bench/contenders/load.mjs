// Reads one subscription, and reports how late its timers fire meanwhile.
import { serveCalls } from '../child.mjs'

const query = 'subscription Load { subscribeEvents { id } }'
/** How often a timer is due, in milliseconds. */
const every = 5

let received = 0

const socketOf = (url) => `${url.replace('http', 'ws')}/api/system/graphql/query`

async function meshery(url, transports, subscribe) {
  const { createMeshery } = await import('../../dist/index.js')
  const subscription = subscribe(createMeshery({ url, token: 'bench', provider: 'None', transports }))
  const follow = async () => {
    for await (const _ of subscription) received++
  }
  follow().catch(fail)
  await subscription.ready
}

const contenders = {
  async bare(url) {
    const { default: WebSocket } = await import('ws')
    const socket = new WebSocket(socketOf(url), 'graphql-transport-ws', { perMessageDeflate: false })
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const { type } = JSON.parse(data.toString())
      if (type === 'next') received++
      else if (type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    })
  },
  async callback(url) {
    const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
    class Socket extends WebSocket {
      constructor(to, protocol) {
        super(to, protocol, { perMessageDeflate: false })
      }
    }
    const next = () => {
      received++
    }
    createClient({ url: socketOf(url), webSocketImpl: Socket }).subscribe(
      { query },
      { next, error: fail, complete() {} },
    )
  },
  document: (url) => meshery(url, ['websocket'], (client) => client.subscribe(query)),
  websocket: (url) => meshery(url, ['websocket'], (client) => client.subscribeEvents()),
  sse: (url) => meshery(url, ['sse'], (client) => client.subscribeEvents()),
}

serveCalls({
  start: (who, url) => contenders[who](url),
  /** How late timers fired in so many milliseconds, at p99, and how many events came. */
  async watch(ms) {
    received = 0
    const lags = []
    const end = performance.now() + ms
    for (let now = performance.now(); now < end; ) {
      await new Promise((resolve) => setTimeout(resolve, every))
      const before = now
      now = performance.now()
      lags.push(now - before - every)
    }
    lags.sort((a, b) => a - b)
    return { lag: lags[Math.floor(lags.length * 0.99)], received }
  },
})

function fail(error) {
  console.error(error)
  process.exit(1)
}
