// A test of a user. It needs the types of Node, as the fake Meshery itself needs Node.
import { createMeshery } from 'meshery-live'
import { type FakeMeshery, type StoredEvent, startFakeMeshery } from 'meshery-live/testing'

export async function test(): Promise<void> {
  const fake: FakeMeshery = await startFakeMeshery({ release: 'v0.8' })
  const stored: StoredEvent = fake.events.add({ severity: 'error', description: 'It broke.' })
  const id: string = stored.id
  fake.faults.cut()
  for await (const event of createMeshery({ url: fake.url }).subscribeEvents()) if (event.id === id) break
  await fake.close()
}
