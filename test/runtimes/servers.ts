import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'

const auth = { provider: 'Meshery', token: 'a-token-of-some-length' } as const
const releases: Readonly<Record<TransportName, Release>> = { websocket: 'v0.8', sse: 'current', polling: 'v1.0' }
const transports: readonly TransportName[] = ['websocket', 'sse', 'polling']

/** A fake Meshery for each transport, and a control server that makes things happen there on request. */
export interface Servers extends AsyncDisposable {
  /** The arguments of the program. */
  readonly given: {
    readonly servers: Readonly<Record<TransportName, string>>
    readonly control: string
    readonly identity: { readonly provider: string; readonly token: string }
  }
  /** The expected output of the program. */
  expected(): Readonly<Record<string, unknown>>
}

export const startServers = async (): Promise<Servers> => {
  const start = async (release: Release): Promise<FakeMeshery> => startFakeMeshery({ release, auth })
  const fakes = {
    websocket: await start(releases.websocket),
    sse: await start(releases.sse),
    polling: await start(releases.polling),
  }
  for (const fake of Object.values(fakes)) fake.contexts.add({ name: 'kind' })
  const control = createServer((request, response) => {
    const [, what, transport] = (request.url ?? '').split('/')
    const fake = fakes[transports.find((name) => name === transport) ?? 'websocket']
    const add = (...texts: string[]): void => {
      for (const description of texts) fake.events.add({ description })
    }
    if (what === 'ready') add('The first one', 'The second one', 'Before the cut')
    if (what === 'cut') {
      fake.faults.cut()
      add('After the cut', 'The last one')
    }
    response.end()
  })
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve))
  const { port } = control.address() as AddressInfo
  return {
    given: {
      servers: { websocket: fakes.websocket.url, sse: fakes.sse.url, polling: fakes.polling.url },
      control: `http://127.0.0.1:${port}`,
      identity: auth,
    },
    expected: () => ({
      ...Object.fromEntries(
        transports.map((transport) => [
          transport,
          {
            descriptions: fakes[transport].events.rows.map(({ description }) => description),
            transports: [transport],
            contexts: ['kind'],
          },
        ]),
      ),
      refused: 'CREDENTIALS_REFUSED',
    }),
    async [Symbol.asyncDispose]() {
      control.closeAllConnections()
      await Promise.all([
        new Promise((resolve) => control.close(resolve)),
        ...Object.values(fakes).map((f) => f.close()),
      ])
    },
  }
}
