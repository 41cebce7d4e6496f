// From the server's push to the user's code, for `count` events that the server pushes at an even `rate` a second.
const { who, url, count, rate, warmUp, burst } = JSON.parse(process.argv[2])
const query = 'subscription Paced { subscribeEvents { id } }'
const variables = { count: count + warmUp, rate, burst }
const address = `${url.replace('http', 'ws')}/api/system/graphql/query`

const times = []
function event({ subscribeEvents: { metadata } }) {
  times.push(Number(process.hrtime.bigint() - BigInt(metadata.note)) / 1e6)
  if (times.length < count + warmUp) return
  const sorted = times.slice(warmUp).sort((a, b) => a - b)
  const at = (part) => sorted[Math.floor(sorted.length * part)]
  process.send({ p50: at(0.5), p99: at(0.99) }, () => process.exit(0))
}

const contenders = {
  async bare() {
    const { default: WebSocket } = await import('ws')
    const socket = new WebSocket(address, 'graphql-transport-ws', { perMessageDeflate: false })
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString())
      if (message.type === 'next') event(message.payload.data)
      else if (message.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }))
    })
  },
  async callback() {
    const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
    class Socket extends WebSocket {
      constructor(to, protocol) {
        super(to, protocol, { perMessageDeflate: false })
      }
    }
    createClient({ url: address, webSocketImpl: Socket }).subscribe(
      { query, variables },
      { next: ({ data }) => event(data), error: console.error, complete() {} },
    )
  },
  async meshery() {
    const { createMeshery } = await import('../../dist/index.js')
    const meshery = createMeshery({ url, token: 'bench', provider: 'None' })
    for await (const data of meshery.subscribe(query, variables)) event(data)
  },
}

await contenders[who]()
