import { type Deferred, deferred } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { HttpResponse, Platform, RawSocket, SocketRequest } from '../platform/platform.ts'
import { readMessage } from '../transports/messages.ts'
import { SseParser } from '../transports/sse-parser.ts'

/**
 * Observes what the transports of the client do on a platform, without changing it: when a WebSocket is upgraded, acknowledged and
 * answers a ping, and when the first line of an SSE stream arrives. So the diagnosis tests what the client uses.
 */
export interface ObservedPlatform {
  readonly platform: Platform
  /** Observes the next WebSocket. */
  nextSocket(): SocketObservation
  /** Observes the next SSE stream. */
  nextStream(): StreamObservation
}

/** The upgrade of a WebSocket. */
export interface Upgrade {
  readonly status: number
  /** Those that show who answered. Never a cookie. */
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: string
}

/** What is seen of one WebSocket. Each promise stays pending if that does not happen. */
export class SocketObservation {
  readonly upgrade: Deferred<Upgrade> = deferred()
  readonly acknowledged: Deferred<void> = deferred()
  /** The round trip of the first ping that follows the acknowledgement, in milliseconds. */
  readonly roundTrip: Deferred<number> = deferred()
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  #pingAt: number | undefined

  answered(status: number, headers: Headers): void {
    this.#status = status
    this.#headers = Object.fromEntries(shownHeaders.flatMap((name) => pairOf(name, headers.get(name))))
  }

  opened(protocol: string): void {
    this.upgrade.resolve({ status: this.#status, headers: this.#headers, protocol })
  }

  sent(text: string): void {
    if (text.startsWith('{"type":"ping"')) this.#pingAt ??= now()
  }

  received(data: unknown): void {
    const message = readMessage(data)
    if (typeof message === 'string') return
    if (message.type === 'connection_ack') this.acknowledged.resolve()
    if (message.type === 'pong' && this.#pingAt !== undefined) this.roundTrip.resolve(now() - this.#pingAt)
  }
}

/** What is seen of one SSE stream. */
export class StreamObservation {
  /** Resolves when the first valid line has arrived. */
  readonly firstLine: Deferred<void> = deferred()
  readonly #parser = new SseParser(mostOfLine, () => {})
  readonly #decoder = new TextDecoder()

  received(bytes: Uint8Array): void {
    try {
      if (this.#parser.read(this.#decoder.decode(bytes, { stream: true }))) this.firstLine.resolve()
    } catch (error) {
      // A message that is too large: the transport has the limit of the options, and reports it.
      if (!(error instanceof RangeError)) throw error
      this.firstLine.resolve()
    }
  }
}

/** A longer line shows nothing more, in characters. */
const mostOfLine = 2 ** 20

/** The headers of an upgrade that are shown. */
const shownHeaders = ['server', 'via', 'upgrade', 'connection', 'sec-websocket-protocol', 'sec-websocket-extensions']

const pairOf = (name: string, value: string | null): [string, string][] => (value === null ? [] : [[name, value]])

/** Observes a platform. What is not awaited with `nextSocket` or `nextStream` goes through unobserved. */
export function observe(platform: Platform): ObservedPlatform {
  let socket: SocketObservation | undefined
  let stream: StreamObservation | undefined
  return {
    nextSocket: () => (socket = new SocketObservation()),
    nextStream: () => (stream = new StreamObservation()),
    platform: {
      ...platform,
      openSocket(request) {
        return socket ? openObserved(platform, request, socket) : platform.openSocket(request)
      },
      async fetch(url, init) {
        const response = await platform.fetch(url, init)
        const isStream = (response.headers.get('content-type') ?? '').toLowerCase().startsWith('text/event-stream')
        return isStream && stream ? observedResponse(response, stream) : response
      },
    },
  }
}

function openObserved(platform: Platform, request: SocketRequest, observation: SocketObservation): RawSocket {
  const onUpgrade = (status: number, headers: Headers): void => observation.answered(status, headers)
  const socket = platform.openSocket({ ...request, onUpgrade })
  return new ObservedSocket(socket, request.protocol, observation)
}

/** A socket that reports what passes it. */
class ObservedSocket implements RawSocket {
  readonly #socket: RawSocket
  readonly #protocol: string
  readonly #observation: SocketObservation

  constructor(socket: RawSocket, protocol: string, observation: SocketObservation) {
    this.#socket = socket
    this.#protocol = protocol
    this.#observation = observation
  }

  set onopen(listener: RawSocket['onopen']) {
    this.#socket.onopen =
      listener &&
      (() => {
        // Without the protocol the transport ends the connection, with an error that says so.
        if (this.#socket.protocol === this.#protocol) this.#observation.opened(this.#protocol)
        listener()
      })
  }

  set onmessage(listener: RawSocket['onmessage']) {
    this.#socket.onmessage =
      listener &&
      ((event) => {
        this.#observation.received(event.data)
        listener(event)
      })
  }

  set onclose(listener: RawSocket['onclose']) {
    this.#socket.onclose = listener
  }

  set onerror(listener: RawSocket['onerror']) {
    this.#socket.onerror = listener
  }

  set onunread(listener: RawSocket['onunread']) {
    this.#socket.onunread = listener
  }

  get readyState(): number {
    return this.#socket.readyState
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  get pending(): RawSocket['pending'] {
    return this.#socket.pending
  }

  get bufferedAmount(): number | undefined {
    return this.#socket.bufferedAmount
  }

  send(text: string): void {
    this.#observation.sent(text)
    this.#socket.send(text)
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    if (this.#socket.terminate) this.#socket.terminate()
    else this.#socket.close()
  }
}

/** The same response, whose body is read through the observation. */
function observedResponse(response: HttpResponse, observation: StreamObservation): HttpResponse {
  const { ok, status, headers } = response
  return {
    ok,
    status,
    headers,
    body: null,
    reader() {
      const reader = response.reader?.() ?? response.body?.getReader()
      return {
        async read() {
          const piece = await (reader?.read() ?? { done: true as const, value: undefined })
          if (!piece.done) observation.received(piece.value)
          return piece
        },
        cancel: async (reason) => reader?.cancel(reason),
      }
    },
  }
}
