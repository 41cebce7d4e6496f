// Runs the program in a runtime with files and processes. Part of the claim: it ends by itself, with subscriptions
// left open that do not keep the process running.
import process from 'node:process'
import { createMeshery } from 'meshery-live'
import { follow } from './program.mjs'

const given = JSON.parse(process.argv[2])
console.log(JSON.stringify(await follow(given)))
for (const url of Object.values(given.servers)) {
  const meshery = createMeshery({ url, ...given.identity })
  const [holding, open] = [meshery.subscribeEvents(), meshery.subscribeEvents({}, { unref: true })]
  await open.ready
  await holding.close()
}
