// A fresh process, up to its first event.
const { who, from, url } = JSON.parse(process.argv[2])
const query = 'subscription Start { subscribeEvents { id } }'
const variables = { count: 1, streams: 1 }
const address = `${url.replace('http', 'ws')}/api/system/graphql/query`

const first = () => {
  process.stdout.write(String(process.hrtime.bigint()), () => process.exit(0))
}

const contenders = {
  bare: () => bareSocket({ query, variables }, first),
  async callback() {
    const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
    createClient({ url: address, webSocketImpl: WebSocket }).subscribe(
      { query, variables },
      { next: first, error: console.error, complete() {} },
    )
  },
  async document() {
    const { createMeshery } = await import(from ? `${from}/dist/index.js` : '../../dist/index.js')
    for await (const _ of createMeshery({ url, token: 'bench', provider: 'None' }).subscribe(query, variables)) first()
  },
  /** The least that keeps the promise: the newest page, then the socket, and with the first frame the page again. */
  async bareEvents() {
    const page = async () =>
      JSON.parse(await (await fetch(`${url}/api/system/events?page=0&pagesize=100&sort=created_at&order=desc`)).text())
    await page()
    await bareSocket({ query }, async () => {
      await page()
      first()
    })
  },
  async events() {
    const { createMeshery } = await import('../../dist/index.js')
    for await (const _ of createMeshery({ url, token: 'bench', provider: 'None' }).subscribeEvents()) first()
  },
}

async function bareSocket(payload, onFrame) {
  const { default: WebSocket } = await import('ws')
  const socket = new WebSocket(address, 'graphql-transport-ws', { perMessageDeflate: false })
  socket.on('open', () => socket.send('{"type":"connection_init"}'))
  socket.on('message', (data) => {
    const { type } = JSON.parse(data.toString())
    if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    else if (type === 'next') onFrame()
  })
}

await contenders[who]()
