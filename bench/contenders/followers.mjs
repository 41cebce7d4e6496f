// Many subscriptions to events in one process, each with a client of its own; reports how late events came.
import { createMeshery } from 'meshery-live'
import { nats } from 'meshery-live/nats'
import { serveCalls } from '../child.mjs'
import { sleep } from '../statistics.mjs'

const clients = []
const lagsMs = []

async function follow(subscription) {
  // The description ends with the time at which the event was made.
  for await (const { description } of subscription) lagsMs.push(Date.now() - Number(description.split(' ').at(-1)))
}

async function isLive(subscription) {
  await subscription.ready
  while (subscription.status.state !== 'live') await sleep(20)
}

serveCalls({
  /** Follows so many times; resolves when all are live. With `natsUrl` from NATS, without a request to Meshery. */
  async start(count, { url, natsUrl }) {
    const source = natsUrl && nats({ servers: natsUrl })
    for (let left = count; left > 0; left--) {
      const client = createMeshery({ url, provider: 'None' })
      clients.push(client)
      const subscription = client.subscribeEvents({ source })
      follow(subscription)
      await isLive(subscription)
    }
  },
  lagsMs: () => lagsMs.splice(0),
  close: () => Promise.all(clients.splice(0).map((client) => client.close())),
})
