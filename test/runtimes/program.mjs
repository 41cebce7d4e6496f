// What each runtime runs: events over every transport, through a cut, and one state. It takes from the runtime only what
// all of them have.
import { createMeshery, until } from 'meshery-live'

/**
 * @param servers By transport the address of a fake Meshery that has none better.
 * @param control Where it is told what happens: the path says what, and the answer comes when it is done.
 * @returns By transport what was seen there.
 */
export async function follow({ servers, control, identity }) {
  const tell = async (what) => (await fetch(`${control}/${what}`)).text()
  const seen = {}
  for (const [transport, url] of Object.entries(servers)) {
    const pollOnly = transport === 'polling' && { transports: ['polling'], polling: { interval: 500 } }
    const meshery = createMeshery({ url, ...identity, ...pollOnly })
    const subscription = meshery.subscribeEvents()
    const descriptions = []
    const transports = new Set()
    await subscription.ready
    await tell(`ready/${transport}`)
    for await (const { description } of subscription) {
      transports.add(subscription.status.transport)
      descriptions.push(description)
      if (description === 'Before the cut') await tell(`cut/${transport}`)
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
