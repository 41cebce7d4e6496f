import { createServer, type Socket } from 'node:net'
import { describe, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { run } from '../cli/in-process.ts'
import { reservePort } from '../reserve-port.ts'
import { expectGolden } from './golden.ts'

const event = { description: 'A design was deployed', category: 'pattern', action: 'deploy' }

describe('doctor prints what it finds', () => {
  it.each(['v0.7', 'v1.0.52', 'current'] as const)('where all is fine, on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, seed: [event], keepAlive: 50 })
    fake.contexts.add({ name: 'kind' })
    const { stdout } = await run(['doctor', '--url', fake.url, '--provider', 'None'])
    await expectGolden(stdout, 'doctor', `all-fine-${release}`)
  })

  it('where no server listens', async () => {
    using gone = await reservePort()
    const { stdout } = await run(['doctor', '--url', gone.url])
    await expectGolden(stdout, 'doctor', 'connection-refused')
  })

  it('where a server accepts connections and sends nothing', { tags: ['full'] }, async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => sockets.add(socket.resume()))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { stdout } = await run(['doctor', '--url', `http://127.0.0.1:${port}`, '--provider', 'None'])
    for (const socket of sockets) socket.destroy()
    silent.close()
    await expectGolden(stdout, 'doctor', 'silent-server')
  })

  it('where the token has expired', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'another' } })
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url')
    const env = { MESHERY_TOKEN: `e30.${claims}.signature`, MESHERY_PROVIDER: 'Meshery' }
    const { stdout } = await run(['doctor', '--url', fake.url], env)
    await expectGolden(stdout, 'doctor', 'expired-token')
  })

  it('where the token is refused', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'another' } })
    const env = { MESHERY_TOKEN: 'a-token-of-some-length', MESHERY_PROVIDER: 'Meshery' }
    const { stdout } = await run(['doctor', '--url', fake.url], env)
    await expectGolden(stdout, 'doctor', 'refused-token')
  })

  it('where no token is given', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'another' } })
    const { stdout } = await run(['doctor', '--url', fake.url, '--provider', 'Meshery'])
    await expectGolden(stdout, 'doctor', 'no-token')
  })

  it('where no event is stored', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { stdout } = await run(['doctor', '--url', fake.url, '--provider', 'None'])
    await expectGolden(stdout, 'doctor', 'no-data')
  })

  it('where the release has no events', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6', events: false })
    const { stdout } = await run(['doctor', '--url', fake.url, '--provider', 'None'])
    await expectGolden(stdout, 'doctor', 'no-events')
  })
})
