import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { waitUntil } from '../waiting.ts'
import { copyExample, linesOf } from './example.ts'

describe('examples/rxjs', () => {
  it('counts events and shows controllers, and ends when it is stopped', { timeout: 300_000 }, async () => {
    const [install = '', start = '', ...more] = await linesOf('rxjs')
    expect([install, start, ...more]).toEqual(['npm install', 'npm start'])
    await using fake = await startFakeMeshery({ seed: [{ severity: 'success' }, { severity: 'informational' }] })
    const { connection_id } = fake.contexts.add({ name: 'kind' })
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'DEPLOYING' })
    await using example = await copyExample('rxjs')
    await example.run(install)
    const program = example.start(start, { MESHERY_URL: fake.url })
    await program.prints(/^1 success, 1 informational; .*MESHSYNC DEPLOYING/m)
    for (const design of ['shop', 'blog'])
      fake.events.add({ severity: 'error', category: 'pattern', description: `Design ${design} is broken` })
    await program.prints(/^1 success, 1 informational, 2 error; /m)
    await program.prints(/^\d problems of pattern, the last one: Design blog is broken$/m)
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING' })
    await program.prints(/2 error; .*MESHSYNC (RUNNING|CONNECTED)/)
    await program.kill('SIGTERM')
    await waitUntil(() => fake.stats.openSockets + fake.stats.openStreams === 0)
  })
})
