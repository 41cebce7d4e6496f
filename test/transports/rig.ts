import { vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { HttpClient, type HttpClientOptions } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform, RawSocket } from '../../src/platform/platform.ts'
import type {
  Connection,
  Frame,
  Operation,
  OperationListener,
  Timeouts,
  Transport,
} from '../../src/transports/contract.ts'
import { waitUntil } from '../waiting.ts'

/** Long enough that none of them ends a test by itself. */
export const patient: Timeouts = {
  connect: 600_000,
  open: 600_000,
  write: 600_000,
  request: 600_000,
  ping: 600_000,
  pong: 600_000,
  idleSSE: 600_000,
  firstByte: 600_000,
  close: 300,
  poll: 600_000,
  pollMax: 600_000,
}

export const token = 'a-token-of-some-length'

/** The real `HttpClient` of the package, with a token. */
export const serverAt = (
  url: string,
  platform: Partial<Platform> = {},
  options: Partial<HttpClientOptions> = {},
): HttpClient =>
  new HttpClient(
    { ...nodePlatform({ env: {} }), ...platform },
    new Credentials({ identity: { token, provider: 'None' }, setsCookies: true }),
    { url: new URL(url), headers: {}, ...options },
  )

/** A listener that keeps what it gets. */
export class Recorder implements OperationListener {
  opened = 0
  readonly frames: Frame[] = []
  readonly ends: (MesheryError | undefined)[] = []
  onFrame: (frame: Frame) => void = () => {}
  onOpen: () => void = () => {}

  open(): void {
    this.opened++
    this.onOpen()
  }

  frame(frame: Frame): void {
    this.frames.push(frame)
    this.onFrame(frame)
  }

  end(error?: MesheryError): void {
    this.ends.push(error)
  }

  get data(): unknown[] {
    return this.frames.map(({ data }) => data)
  }
}

/** A connection that is closed at the end of its scope. */
export const dial = (
  transport: Transport,
  server: HttpClient,
  timeouts: Partial<Timeouts> = {},
): Connection & AsyncDisposable => {
  const connection = transport.connect(server, { ...patient, ...timeouts })
  return {
    ended: connection.ended,
    start: (operation, listener) => connection.start(operation, listener),
    close: () => connection.close(),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

/** Waits for a condition. */
export const until = (condition: () => boolean): Promise<unknown> => waitUntil(condition)

/** Keeps the event loop from turning, as heavy work or a sleeping machine does. */
export const block = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Whether a promise is settled by now. */
export const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol()
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending
}

/** A document like any other; the peers of these tests do not read it. */
export const subscription: Operation = { graphql: { query: 'subscription { subscribeEvents { id } }' } }

/** Catches what is surfaced as an uncaught error. */
export const uncaught = (): { readonly errors: unknown[] } & Disposable => {
  const errors: unknown[] = []
  const real = globalThis.queueMicrotask
  const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) =>
    real(() => {
      try {
        task()
      } catch (error) {
        errors.push(error)
      }
    }),
  )
  return { errors, [Symbol.dispose]: () => spy.mockRestore() }
}

/** A socket without a network: the test plays the server. */
export class ScriptedSocket implements RawSocket {
  readyState = 0
  protocol = 'graphql-transport-ws'
  pending: RawSocket['pending']
  readonly sent: { type?: unknown; id?: unknown; payload?: unknown }[] = []
  readonly calls: string[] = []
  onopen: RawSocket['onopen'] = null
  onmessage: RawSocket['onmessage'] = null
  onclose: RawSocket['onclose'] = null
  onerror: RawSocket['onerror'] = null
  onunread: RawSocket['onunread'] = null

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(code?: number): void {
    this.calls.push(`close ${code ?? ''}`.trim())
    this.readyState = 2
  }

  terminate(): void {
    this.calls.push('terminate')
    this.readyState = 3
  }

  say(data: unknown): void {
    this.onmessage?.({ data })
  }

  serverSends(message: object): void {
    this.say(JSON.stringify(message))
  }

  /** Opens and acknowledges. */
  async stand(): Promise<void> {
    this.readyState = 1
    this.onopen?.()
    await waitUntil(() => this.sent.length > 0)
    this.serverSends({ type: 'connection_ack' })
  }

  server(): HttpClient {
    return serverAt('http://scripted.test', { openSocket: () => this })
  }
}

/** Counts the timers that are set from `src`, the fake left out, and not yet cleared or fired. */
export const watchTimers = (): { readonly running: number } & Disposable => {
  const running = new Set<unknown>()
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const spies = [
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((task: () => void, ms?: number) => {
      const ours = /\/src\/(?!testing)/.test(new Error('where').stack ?? '')
      const timer = set(() => {
        running.delete(timer)
        task()
      }, ms)
      if (ours) running.add(timer)
      return timer
    }) as typeof setTimeout),
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
      running.delete(timer)
      clear(timer)
    }),
  ]
  return {
    get running() {
      return running.size
    },
    [Symbol.dispose]() {
      for (const spy of spies) spy.mockRestore()
    },
  }
}
