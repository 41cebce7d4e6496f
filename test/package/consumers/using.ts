// From TypeScript 5.2 on.
import { createMeshery } from 'meshery-live'

export async function first(): Promise<string | null> {
  await using meshery = createMeshery({ url: 'http://localhost:9081' })
  await using events = meshery.subscribeEvents()
  for await (const { description } of events) return description
  return null
}
