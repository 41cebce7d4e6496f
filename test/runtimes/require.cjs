// CommonJS that requires a module, which the runtime has to allow.
const { createMeshery, until } = require('meshery-live')
const { v0_8 } = require('meshery-live/documents')
const texts = require('meshery-live/documents/text')
const { startFakeMeshery } = require('meshery-live/testing')

const { servers, identity } = JSON.parse(process.argv[2])
const run = async () => {
  const meshery = createMeshery({ url: servers.websocket, ...identity })
  const { contexts } = await until(meshery.subscribeK8sContext({ all: true }), (page) => page.contexts.length > 0)
  await meshery.close()
  const kinds = [v0_8.EventsDocument.kind, typeof texts.v0_8.EventsDocument, typeof startFakeMeshery]
  console.log(JSON.stringify([...contexts.map(({ name }) => name), ...kinds]))
}
run()
