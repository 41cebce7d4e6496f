import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import { parseJSON } from '../base/json.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Timeouts, Transport } from './contract.ts'
import { IdleTimer } from './idle-timer.ts'
import { type OperationRun, SingleOperationConnection } from './single-operation-connection.ts'
import { sseParser } from './sse-parser.ts'

const failed = (
  code: ErrorCode,
  how: string,
  phase: ErrorPhase = 'stream',
  details: Readonly<Record<string, unknown>> = {},
): MesheryError => new MesheryError(code, `The SSE stream ${how}`, { phase, details })

const follow =
  (server: HttpClient, timeouts: Timeouts) =>
  async ({ operation: { sse }, listener, signal, fail }: OperationRun): Promise<void> => {
    if (sse === undefined) throw failed('UNSUPPORTED', 'does not carry this', 'subscribe')
    const patience = new IdleTimer()
    try {
      patience.wait(timeouts.connect, () =>
        fail(failed('TIMED_OUT', `did not open within ${timeouts.connect} ms (timeouts.connect)`, 'subscribe')),
      )
      const { body } = await server.get(sse, { accept: 'text/event-stream', phase: 'subscribe', signal })
      if (signal.aborted) return
      // Headers and bytes prove nothing: a proxy may buffer the stream, compress it, or send a page of its own.
      const details = { reason: 'buffered' }
      patience.wait(timeouts.firstByte, () =>
        fail(failed('TRANSPORT_UNAVAILABLE', 'is held back or replaced', 'stream', details)),
      )
      // Meshery subscribes before it sends its headers (events_stream_handler.go), so nothing is missed from here on.
      listener.open()
      const { messageBytes: limit } = server
      const feed = sseParser(limit, (data) => listener.frame({ data: parseJSON(data) }))
      const decoder = new TextDecoder()
      const reader = body?.getReader()
      for (let alive = false; ; ) {
        const chunk = await reader?.read()
        if (signal.aborted) return
        if (!chunk || chunk.done) throw failed('CONNECTION_LOST', 'ended')
        details.reason = 'not-sse'
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
  connect: (server, timeouts) => new SingleOperationConnection('stream', timeouts, follow(server, timeouts)),
}
