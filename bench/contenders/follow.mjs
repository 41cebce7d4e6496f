// Follows the events of several servers, and reports what came when.
import { createMeshery } from '../../dist/index.js'
import { serveCalls } from '../child.mjs'

const followed = []

serveCalls({
  async follow(urls, options = {}) {
    for (const url of urls) {
      const log = { deliveries: [], states: [] }
      followed.push(log)
      const subscription = createMeshery({ url, token: 'bench', provider: 'None', ...options }).subscribeEvents(
        {},
        { onNotice: (notice) => notice.kind === 'status' && log.states.push({ state: notice.state, at: Date.now() }) },
      )
      void read(subscription, log)
      await subscription.ready
    }
  },
  report: () => followed,
})

async function read(subscription, { deliveries }) {
  for await (const { description, createdAt } of subscription)
    deliveries.push({ description, createdAt: Date.parse(createdAt), at: Date.now() })
}
