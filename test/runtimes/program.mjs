// What each runtime runs: events over every transport, through a cut, and one state. It uses only what all runtimes
// have.
import { createMeshery, until } from 'meshery-live'

/**
 * @param servers By transport the address of a fake Meshery that has no better transport.
 * @param control The address that makes things happen: the path names the action, and the response comes when it is done.
 * @returns By transport what was received there.
 */
export async function follow({ servers, control, identity }) {
  const request = async (what) => (await fetch(`${control}/${what}`)).text()
  const seen = {}
  for (const [transport, url] of Object.entries(servers)) {
    const pollOnly = transport === 'polling' && { transports: ['polling'], polling: { interval: 500 } }
    const meshery = createMeshery({ url, ...identity, ...pollOnly })
    const subscription = meshery.subscribeEvents()
    const descriptions = []
    const transports = new Set()
    await subscription.ready
    await request(`ready/${transport}`)
    for await (const { description } of subscription) {
      transports.add(subscription.status.transport)
      descriptions.push(description)
      if (description === 'Before the cut') await request(`cut/${transport}`)
      if (description === 'The last one') break
    }
    const { contexts } = await until(meshery.subscribeK8sContext({ all: true }), (page) => page.contexts.length > 0)
    await meshery.close()
    seen[transport] = { descriptions, transports: [...transports], contexts: contexts.map(({ name }) => name) }
  }
  const stranger = createMeshery({ url: servers.websocket, ...identity, token: 'a-token-that-is-refused' })
  try {
    for await (const _ of stranger.subscribeEvents());
  } catch (error) {
    seen.refused = error.code
  }
  await stranger.close()
  return seen
}
