import type { MesheryError } from '../../src/base/errors.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import type { Identity } from '../../src/credentials/identity.ts'
import type { ConnectionParams } from '../../src/http/connection-params.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Connection, Frame, OperationListener, Timeouts } from '../../src/transports/contract.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { type Gqlgen, until } from './gqlgen.ts'

/** What no test reaches, unless it sets a shorter time. */
export const timeouts: Timeouts = {
  connect: 30_000,
  open: 30_000,
  write: 30_000,
  request: 30_000,
  ping: 20_000,
  pong: 30_000,
  idleSSE: 45_000,
  firstByte: 20_000,
  close: 1_000,
  poll: 5_000,
  pollMax: 30_000,
}

export interface AttemptOptions {
  readonly identity?: Identity
  readonly connectionParams?: ConnectionParams
  readonly timeouts?: Partial<Timeouts>
}

/** A listener that records what it receives. */
export class RecordingListener implements OperationListener {
  opened = 0
  readonly frames: Frame[] = []
  readonly ends: (MesheryError | undefined)[] = []
  stop: () => void = () => {}

  open(): void {
    this.opened++
  }

  frame(frame: Frame): void {
    this.frames.push(frame)
  }

  end(error?: MesheryError): void {
    this.ends.push(error)
  }

  /** The values of the single requested field. */
  get values(): unknown[] {
    return this.frames.map(({ data }) => Object.values(data as object)[0])
  }

  /** Waits for the end; resolves with its error, if it has one. */
  async end1(): Promise<MesheryError | undefined> {
    await until('the operation ended', () => this.ends.length > 0)
    return this.ends[0]
  }

  async receive(count: number): Promise<void> {
    await until(`${count} frames`, () => this.frames.length >= count)
  }
}

/** One attempt of the real transport against a server. Disposing it closes the attempt. */
export class Attempt implements AsyncDisposable {
  readonly connection: Connection
  /** How it ended: the error, null for an end without one, undefined while it is open. */
  end: MesheryError | null | undefined

  private constructor(connection: Connection) {
    this.connection = connection
    void connection.ended.then((error) => {
      this.end = error ?? null
    })
  }

  static async open(url: string, options: AttemptOptions = {}): Promise<Attempt> {
    const credentials = new Credentials({ identity: options.identity ?? {}, setsCookies: true })
    await credentials.load()
    const server = new HttpClient(nodePlatform(), credentials, {
      url: new URL(url),
      headers: {},
      connectionParams: options.connectionParams,
    })
    return new Attempt(websocket.connect(server, { ...timeouts, ...options.timeouts }))
  }

  follow(query: string, listener: RecordingListener = new RecordingListener()): RecordingListener {
    listener.stop = this.connection.start({ graphql: { query } }, listener)
    return listener
  }

  /** Subscribes to `testFeed(name)` and waits until the server has started it. */
  async followFeed(server: Gqlgen, name: string): Promise<RecordingListener> {
    const before = (await server.state()).started['testFeed'] ?? 0
    const listener = this.follow(`subscription { testFeed(name: "${name}") }`)
    await until('the feed began', async () => ((await server.state()).started['testFeed'] ?? 0) > before)
    return listener
  }

  /** Waits for the end; resolves with its error, null without one. */
  async ended(within?: number): Promise<MesheryError | null> {
    await until('the attempt ended', () => this.end !== undefined, within)
    return this.end ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close()
  }
}
