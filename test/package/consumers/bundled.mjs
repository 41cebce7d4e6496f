// A program that is bundled whole. Its server and its token are those of mesheryctl.
import { createMeshery } from 'meshery-live'

const follow = async () => {
  const meshery = createMeshery()
  for await (const { description } of meshery.subscribeEvents()) {
    console.log(description)
    break
  }
  await meshery.close()
}
follow().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
