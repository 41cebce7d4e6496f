import { MesheryError } from '../base/errors.ts'
import type { Server } from '../platform/server.ts'
import type { Timeouts, Transport } from './contract.ts'
import { Patience } from './patience.ts'
import { type Carry, single } from './single.ts'
import { sseParser } from './sse-parser.ts'

/** The longest message that is taken, in characters: 32 Mi. */
const longest = 0x2000000

const carry =
  (server: Server, timeouts: Timeouts): Carry =>
  async ({ sse }, outlet, signal, fail) => {
    if (sse === undefined) throw new MesheryError('UNSUPPORTED', 'No SSE stream carries this', { phase: 'subscribe' })
    const patience = new Patience()
    const give =
      (...[code, message, init]: ConstructorParameters<typeof MesheryError>) =>
      () =>
        fail(new MesheryError(code, message, init))
    try {
      const tooSlow = `The SSE stream did not open within ${timeouts.connect} ms (timeouts.connect)`
      patience.wait(timeouts.connect, give('TIMED_OUT', tooSlow, { phase: 'subscribe' }))
      const { body } = await server.get(sse, { accept: 'text/event-stream', phase: 'subscribe', signal })
      if (signal.aborted) return
      // Headers and bytes prove nothing: a proxy may buffer the stream, compress it, or send a page of its own.
      let bytes = false
      patience.wait(timeouts.firstByte, () =>
        fail(
          new MesheryError(
            'TRANSPORT_UNAVAILABLE',
            bytes
              ? 'What arrives as the SSE stream is not SSE: something between here and Meshery replaces or changes it'
              : 'Something between here and Meshery holds back the SSE stream',
            { phase: 'stream', details: { reason: bytes ? 'not-sse' : 'buffered' } },
          ),
        ),
      )
      // Meshery subscribes before it sends its headers (events_stream_handler.go), so nothing is missed from here on.
      outlet.open()
      const silent = give('CONNECTION_SILENT', 'The SSE stream is silent', { phase: 'stream' })
      const feed = sseParser(longest, (data) => outlet.frame({ data: JSON.parse(data) }))
      const decoder = new TextDecoder()
      const reader = body?.getReader()
      for (let alive = false; ; ) {
        const chunk = await reader?.read()
        if (signal.aborted) return
        if (!chunk || chunk.done) throw new MesheryError('CONNECTION_LOST', 'The SSE stream ended', { phase: 'stream' })
        bytes = true
        let heard: boolean
        try {
          heard = feed(decoder.decode(chunk.value, { stream: true }))
        } catch {
          // Without the cause, which quotes the message.
          throw new MesheryError('BAD_FRAME', 'The SSE stream holds what is no JSON, or is too long', {
            phase: 'stream',
          })
        }
        if (!heard) continue
        if (alive) patience.heard()
        else patience.wait(timeouts.silence, silent)
        alive = true
      }
    } finally {
      patience.stop()
    }
  }

/** Server-sent events over `fetch`, since `EventSource` can set no header. Current Meshery has them. */
export const sse: Transport = {
  name: 'sse',
  shared: false,
  connect: (server, timeouts) => single(timeouts, 'stream', carry(server, timeouts)),
}
