import { createMeshery, type MesheryEvent, type Notice, type Status } from '../../src/browser.ts'

/** What the page shows to the test. */
export interface Seen {
  readonly events: MesheryEvent[]
  readonly notices: Notice[]
  status(): Status
  readonly ready: boolean
  readonly error: string
}

declare global {
  var seen: Seen
}

const meshery = createMeshery()
const events: MesheryEvent[] = []
const notices: Notice[] = []
const subscription = meshery.subscribeEvents({}, { onNotice: (notice) => notices.push(notice) })
const state = { ready: false, error: '' }

globalThis.seen = {
  events,
  notices,
  status: () => subscription.status,
  get ready() {
    return state.ready
  },
  get error() {
    return state.error
  },
}

const follow = async (): Promise<void> => {
  await subscription.ready
  state.ready = true
  for await (const event of subscription) events.push(event)
}
follow().catch((error: unknown) => {
  state.error = String(error)
})
