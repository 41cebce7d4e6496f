import { createMeshery } from 'meshery-live'
import { fileCursor, resumeEvents } from 'meshery-live/cursor'
import { handle } from './handle.js'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

await using meshery = createMeshery()
const events = resumeEvents(meshery, fileCursor(process.env['STATE_FILE'] ?? 'position.json'), {
  signal: stop.signal,
  onNotice(notice) {
    // While it connects, a reason only says which transport this Meshery does not have.
    if (notice.kind === 'status' && notice.state !== 'connecting')
      console.error(notice.state, notice.reason?.message ?? '', notice.reason?.remedy ?? '')
    if (notice.kind === 'gap' && !notice.complete) console.error('events may be missing:', notice.reason?.message)
  },
})
// The position is saved when the loop asks for the next event: an event that was not handled to its end comes again.
for await (const event of events) await handle(event)
