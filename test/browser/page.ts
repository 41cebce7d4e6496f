import { createMeshery, type MesheryEvent, type Notice, type Status } from '../../src/browser.ts'

/** What the page shows to the test. */
export interface Seen {
  readonly events: MesheryEvent[]
  readonly notices: Notice[]
  status(): Status
  readonly ready: boolean
  readonly error: string
  /** How often a timer of the page has fired: not at all while it is frozen. */
  readonly ticks: number
}

declare global {
  var seen: Seen
}

/** The options of the page, as JSON after the `#` of its address. */
const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || '{}')
const meshery = createMeshery(options)
const events: MesheryEvent[] = []
const notices: Notice[] = []
const subscription = meshery.subscribeEvents({}, { onNotice: (notice) => notices.push(notice) })
const state = { ready: false, error: '', ticks: 0 }
setInterval(() => state.ticks++, 50)

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
  get ticks() {
    return state.ticks
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
