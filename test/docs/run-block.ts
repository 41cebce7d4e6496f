import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { createMeshery, type Meshery, type MesheryOptions } from '../../src/index.ts'
import type { FakeMeshery } from '../../src/testing/index.ts'

/** What a block is given in place of what it imports or finds. */
export interface Setting {
  createMeshery(options?: MesheryOptions): Meshery
  readonly console: Console
  /** The address of the reader's server. */
  readonly address: string
}

/**
 * Runs a block against the fake until it ends. Once it has logged `enough` lines, the clients that it made are closed,
 * which ends what would otherwise go on for ever.
 *
 * @returns the lines that it logged
 */
export const runBlock = async (
  block: (setting: Setting) => Promise<void>,
  fake: FakeMeshery,
  enough = 1,
): Promise<string[]> => {
  const lines: string[] = []
  const clients: Meshery[] = []
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      lines.push(...String(chunk).trimEnd().split('\n'))
      if (lines.length >= enough) for (const client of clients) void client.close()
      done()
    },
  })
  try {
    await block({
      console: new Console({ stdout, colorMode: false }),
      address: fake.url,
      createMeshery(options) {
        const client = createMeshery(options)
        clients.push(client)
        return client
      },
    })
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
  return lines
}
