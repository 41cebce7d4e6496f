// The bytes that each of `count` further subscriptions adds to the heap, with a reader that waits for its next value.
const { who, url, count } = JSON.parse(process.argv[2])
const query = 'subscription Heap { subscribeEvents { id } }'

const kept = []

async function follow(subscription) {
  const iterator = subscription[Symbol.asyncIterator]()
  kept.push(iterator)
  iterator.next().catch(() => {})
  await subscription.ready
}

async function meshery(subscribe) {
  const { createMeshery } = await import('../../dist/index.js')
  const client = createMeshery({ url, token: 'bench', provider: 'None', operations: count + 100 })
  return () => follow(subscribe(client))
}

const contenders = {
  events: () => meshery((client) => client.subscribeEvents()),
  filtered: () => meshery((client) => client.subscribeEvents({ severity: 'error' })),
  document: () => meshery((client) => client.subscribe(query)),
  async callback() {
    const [{ createClient }, { default: WebSocket }] = await Promise.all([import('graphql-ws/client'), import('ws')])
    const client = createClient({
      url: `${url.replace('http', 'ws')}/api/system/graphql/query`,
      webSocketImpl: WebSocket,
    })
    return async () => {
      kept.push(client.subscribe({ query }, { next() {}, error: console.error, complete() {} }))
    }
  },
}

const settled = async () => {
  await new Promise((resolve) => setTimeout(resolve, 500))
  for (let time = 0; time < 5; time++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

const one = await contenders[who]()
// The first ones pay for the connection, for code that is compiled and for tables that grow.
for (let time = 0; time < 100; time++) await one()
const before = await settled()
await Promise.all(Array.from({ length: count }, one))
const after = await settled()
process.send((after - before) / count, () => process.exit(0))
