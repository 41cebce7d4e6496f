import { now } from '../base/clock.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import { parseJSON } from '../base/json.ts'
import { sliceMs, yieldToEventLoop } from '../base/time-slices.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Timeouts, Transport } from './contract.ts'
import { IdleTimer } from './idle-timer.ts'
import { type OperationRun, SingleOperationConnection } from './single-operation-connection.ts'
import { SseParser } from './sse-parser.ts'

const failed = (
  code: ErrorCode,
  how: string,
  phase: ErrorPhase = 'stream',
  details: Readonly<Record<string, unknown>> = {},
): MesheryError => new MesheryError(code, `The SSE stream ${how}`, { phase, details })

/** One SSE stream. It is alive once a valid line has arrived: headers and bytes prove nothing. */
class SseStream {
  readonly #server: HttpClient
  readonly #timeouts: Timeouts
  readonly #run: OperationRun
  readonly #idle = new IdleTimer()
  readonly #parser: SseParser
  /** Why no line arrives: a proxy holds the stream back, or sends a page of its own in its place, or compresses it. */
  #reason: 'buffered' | 'not-sse' = 'buffered'
  #isAlive = false
  /** How long pieces were worked on since timers and sockets had their turn, in milliseconds. */
  #workedMs = 0

  constructor(server: HttpClient, timeouts: Timeouts, run: OperationRun) {
    this.#server = server
    this.#timeouts = timeouts
    this.#run = run
    const { listener } = run
    this.#parser = new SseParser(server.messageBytes, (data) =>
      listener.frame({ data: parseJSON(data), textLength: data.length }),
    )
  }

  follow(): Promise<void> {
    return this.#read().finally(() => this.#idle.stop())
  }

  async #read(): Promise<void> {
    const { operation, signal, listener } = this.#run
    const { connect, firstByte } = this.#timeouts
    if (operation.sse === undefined) throw failed('UNSUPPORTED', 'cannot serve this operation', 'subscribe')
    this.#failAfter(connect, () =>
      failed(
        'TIMED_OUT',
        `got no headers within ${connect} ms (timeouts.connect)`,
        this.#server.platform.connecting?.(signal) ?? 'subscribe',
      ),
    )
    const response = await this.#server.get(operation.sse, { accept: 'text/event-stream', phase: 'subscribe', signal })
    if (signal.aborted) return
    this.#failAfter(firstByte, () =>
      failed('TRANSPORT_UNAVAILABLE', `got no line within ${firstByte} ms (timeouts.firstByte)`, 'stream', {
        reason: this.#reason,
      }),
    )
    // Meshery subscribes before it sends its headers (events_stream_handler.go), so nothing is missed from here on.
    listener.open()
    const reader = response.reader?.() ?? response.body?.getReader()
    const decoder = response.decoder?.(this.#server.messageBytes) ?? new TextDecoder()
    for (;;) {
      if (this.#workedMs > sliceMs) {
        await yieldToEventLoop()
        this.#workedMs = 0
      }
      const { value } = (await reader?.read()) ?? {}
      if (signal.aborted) return
      if (!value) throw failed('CONNECTION_LOST', 'ended')
      this.#reason = 'not-sse'
      this.#server.counters.receivedBytes += value.length
      const startedAt = now()
      this.#receive(decoder.decode(value, { stream: true }))
      this.#workedMs += now() - startedAt
    }
  }

  #receive(text: string): void {
    const hasLine = this.#parse(text)
    if (!hasLine) return
    if (this.#isAlive) this.#idle.received()
    else this.#failAfter(this.#timeouts.idleSSE, () => failed('CONNECTION_SILENT', 'is silent'))
    this.#isAlive = true
  }

  /** Returns whether a valid line ended in this text. */
  #parse(text: string): boolean {
    try {
      return this.#parser.read(text)
    } catch (error) {
      // Without the cause, which quotes the message.
      if (!(error instanceof RangeError)) throw failed('BAD_FRAME', 'holds what is no JSON')
      const limit = this.#server.messageBytes
      throw failed('TOO_LARGE', `holds a message with more than ${limit} bytes (\`limits.messageBytes\`)`, 'stream', {
        limit,
      })
    }
  }

  #failAfter(silenceMs: number, errorOf: () => MesheryError): void {
    this.#idle.wait(silenceMs, () => this.#run.fail(errorOf()))
  }
}

/** Server-sent events over `fetch`, since `EventSource` can set no header. Current Meshery has them. */
export const sse: Transport = {
  name: 'sse',
  shared: false,
  connect: (server, timeouts) =>
    new SingleOperationConnection('stream', timeouts, (run) => new SseStream(server, timeouts, run).follow()),
}
