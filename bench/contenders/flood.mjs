// Receives `count` events of `streams` subscriptions on one socket.
const { who, url, count, streams } = JSON.parse(process.argv[2])
const query = 'subscription Flood { subscribeEvents { id } }'
const variables = { count, streams }
const address = `${url.replace('http', 'ws')}/api/system/graphql/query`

let received = 0
let lost = 0
let startedAt
let cpu
let done

const all = new Promise((resolve) => {
  done = resolve
})

function event(value) {
  if (received === 0) {
    startedAt = process.hrtime.bigint()
    cpu = process.cpuUsage()
  }
  if (value.subscribeEvents.id === undefined) throw new Error('no event')
  if (++received === count) done()
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
        for (let id = 1; id <= streams; id++)
          socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query, variables } }))
    })
  },
  async callback() {
    const client = await graphqlWs()
    const sink = { next: ({ data }) => event(data), error: fail, complete() {} }
    for (let id = 1; id <= streams; id++) client.subscribe({ query, variables }, sink)
  },
  async iterate() {
    const client = await graphqlWs()
    const follow = async () => {
      for await (const { data } of client.iterate({ query, variables })) event(data)
    }
    for (let id = 1; id <= streams; id++) follow().catch(fail)
  },
  async meshery() {
    const { createMeshery } = await import('../../dist/index.js')
    const meshery = createMeshery({ url, token: 'bench', provider: 'None', operations: streams })
    const onNotice = (notice) => {
      if (notice.kind === 'overflow') lost += notice.dropped
    }
    const follow = async () => {
      for await (const data of meshery.subscribe(query, variables, { onNotice })) event(data)
    }
    for (let id = 1; id <= streams; id++) follow().catch(fail)
  },
}

async function graphqlWs() {
  const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
  class Socket extends WebSocket {
    constructor(to, protocol) {
      super(to, protocol, { perMessageDeflate: false })
    }
  }
  return createClient({ url: address, webSocketImpl: Socket })
}

function fail(error) {
  console.error(who, error)
  process.exit(1)
}

const late = setTimeout(() => fail(`only ${received} of ${count} came, ${lost} were dropped`), 120_000)
await contenders[who]()
await all
clearTimeout(late)
const time = Number(process.hrtime.bigint() - startedAt) / 1e6
const { user, system } = process.cpuUsage(cpu)
process.send({ time, cpu: (user + system) / 1000 }, () => process.exit(0))
