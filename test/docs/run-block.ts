import { Console } from 'node:console'
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { createMeshery, type Meshery, type MesheryOptions } from '../../src/index.ts'
import type { FakeMeshery } from '../../src/testing/index.ts'

/** The credentials that the fake accepts, where a block gets a `token`. */
export const auth = { provider: 'Meshery', token: 'a-token-of-some-length' } as const

/** The environment variables of a block, besides those of the process. */
export const gatewayToken = 'what-the-gateway-wants'

/** What a block gets in place of what it imports or finds. */
export interface Setting {
  createMeshery(options?: MesheryOptions): Meshery
  readonly console: Console
  readonly process: {
    readonly env: NodeJS.ProcessEnv
    exitCode: number | undefined
    once(signal: 'SIGTERM', listener: () => void): unknown
  }
  /** The address of the reader's server. */
  readonly address: string
  /** A client of it. */
  readonly meshery: Meshery
  readonly token: string
}

/**
 * Runs a block against the fake until it ends. Once it has logged `enough` lines, a block that would never end is
 * ended: by SIGTERM where the block listens for it, else by closing the clients that it made. A client of a block that
 * logs nothing must at least reach the server.
 *
 * @param exit Receives the exit code that the block sets.
 * @returns the lines that it logged
 */
export const runBlock = async (
  block: (setting: Setting) => Promise<void>,
  fake: FakeMeshery,
  enough = 1,
  exit: { exitCode: number | undefined } = { exitCode: undefined },
): Promise<string[]> => {
  const lines: string[] = []
  const clients: Meshery[] = []
  const signals = new EventEmitter()
  let signalled = false
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      lines.push(...String(chunk).trimEnd().split('\n'))
      if (lines.length >= enough) {
        signalled = signals.emit('SIGTERM') || signalled
        if (!signalled) for (const client of clients) void client.close()
      }
      done()
    },
  })
  const make = (options?: MesheryOptions): Meshery => {
    const client = createMeshery(options)
    clients.push(client)
    return client
  }
  try {
    await block({
      console: new Console({ stdout, colorMode: false }),
      process: {
        env: { ...process.env, GATEWAY_TOKEN: gatewayToken, MESHERY_TOKEN: auth.token },
        get exitCode() {
          return exit.exitCode
        },
        set exitCode(code) {
          exit.exitCode = code
        },
        once: (signal, listener) => signals.once(signal, listener),
      },
      address: fake.url,
      createMeshery: make,
      get meshery() {
        return make({ url: fake.url })
      },
      token: auth.token,
    })
    if (lines.length > 0) return lines
    return await Promise.all(
      clients.map(async (client) => {
        await client.subscribeEvents().ready
        return `reached ${fake.url}`
      }),
    )
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}
