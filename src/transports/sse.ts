import { now } from '../base/clock.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import { parseJSON } from '../base/json.ts'
import { sliceMs, yieldToEventLoop } from '../base/time-slices.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Timeouts, Transport } from './contract.ts'
import { IdleTimer } from './idle-timer.ts'
import { type RunOperation, singleOperationConnection } from './single-operation-connection.ts'
import { sseParser } from './sse-parser.ts'

const failed = (
  code: ErrorCode,
  how: string,
  phase: ErrorPhase = 'stream',
  details: Readonly<Record<string, unknown>> = {},
): MesheryError => new MesheryError(code, `The SSE stream ${how}`, { phase, details })

const carry =
  (server: HttpClient, timeouts: Timeouts): RunOperation =>
  async ({ sse }, outlet, signal, fail) => {
    if (sse === undefined) throw failed('UNSUPPORTED', 'does not carry this', 'subscribe')
    const patience = new IdleTimer()
    try {
      patience.wait(timeouts.connect, () =>
        fail(failed('TIMED_OUT', `did not open within ${timeouts.connect} ms (timeouts.connect)`, 'subscribe')),
      )
      const response = await server.get(sse, { accept: 'text/event-stream', phase: 'subscribe', signal })
      if (signal.aborted) return
      // Headers and bytes prove nothing: a proxy may buffer the stream, compress it, or send a page of its own.
      const details = { reason: 'buffered' }
      patience.wait(timeouts.firstByte, () =>
        fail(failed('TRANSPORT_UNAVAILABLE', 'is held back or replaced', 'stream', details)),
      )
      // Meshery subscribes before it sends its headers (events_stream_handler.go), so nothing is missed from here on.
      outlet.open()
      const { messageBytes: limit } = server
      const feed = sseParser(limit, (data) => outlet.frame({ data: parseJSON(data), textLength: data.length }))
      const decoder = new TextDecoder()
      const reader = response.reader?.() ?? response.body?.getReader()
      /** How long pieces were worked on since timers had their turn, in milliseconds. */
      let workedMs = 0
      for (let alive = false; ; ) {
        if (workedMs > sliceMs) {
          await yieldToEventLoop()
          workedMs = 0
        }
        const chunk = await reader?.read()
        if (signal.aborted) return
        if (!chunk || chunk.done) throw failed('CONNECTION_LOST', 'ended')
        details.reason = 'not-sse'
        const begun = now()
        let heard: boolean
        try {
          heard = feed(decoder.decode(chunk.value, { stream: true }))
        } catch (error) {
          // Without the cause, which quotes the message.
          throw error instanceof RangeError
            ? failed('TOO_LARGE', `holds a message of more than ${limit} bytes (limits.messageBytes)`, 'stream', {
                limit,
              })
            : failed('BAD_FRAME', 'holds what is no JSON')
        }
        workedMs += now() - begun
        if (!heard) continue
        if (alive) patience.received()
        else patience.wait(timeouts.silence, () => fail(failed('CONNECTION_SILENT', 'is silent')))
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
  connect: (server, timeouts) => singleOperationConnection(timeouts, 'stream', carry(server, timeouts)),
}
