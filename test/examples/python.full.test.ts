import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { waitUntil } from '../waiting.ts'
import { copyExample, type Example, linesOf } from './example.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0 || process.env['CI'] === 'true'

describe.runIf(hasPython)('examples/python', { tags: ['python'] }, () => {
  let example: Example
  let lines: string[]
  beforeAll(async () => {
    lines = await linesOf('python')
    example = await copyExample('python')
    await example.run('npm install')
  }, 300_000)
  afterAll(() => example[Symbol.asyncDispose]())

  it('prints each event once, also after the server was away, and ends when it is stopped', {
    timeout: 300_000,
  }, async () => {
    expect(lines).toEqual(['npm install', 'python3 main.py'])
    await using fake = await startFakeMeshery({ seed: [{ severity: 'success', description: 'Event 0' }] })
    const program = example.start('python3 main.py', { MESHERY_URL: fake.url })
    await program.prints(/ success Event 0$/m)
    const metadata = { error: { Code: 'x-1', SuggestedRemediation: ['Connect the cluster.'] } }
    fake.events.add({ severity: 'error', description: 'Event 1', metadata })
    await program.prints(/ error Event 1\n {2}remedy: Connect the cluster\.$/m)
    await fake.stop()
    fake.events.add({ severity: 'warning', description: 'Event 2' })
    await fake.start()
    await program.prints(/ warning Event 2$/m)
    expect(program.output().match(/Event \d/g)).toEqual(['Event 0', 'Event 1', 'Event 2'])
    await program.kill('SIGTERM')
    await waitUntil(() => fake.stats.openSockets + fake.stats.openStreams === 0)
  })

  it('ends with the exit code of the program that it starts', { timeout: 300_000 }, async () => {
    await using fake = await startFakeMeshery({ auth: { token: 'right', provider: 'Meshery' } })
    const env = { MESHERY_URL: fake.url, MESHERY_TOKEN: 'wrong', MESHERY_PROVIDER: 'Meshery' }
    await expect(example.run('python3 main.py', env)).rejects.toMatchObject({
      code: 3,
      stderr: /CREDENTIALS_REFUSED|token/i,
    })
  })
})
