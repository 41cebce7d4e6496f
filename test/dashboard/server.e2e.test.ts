import { expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { start } from '../cli/program.ts'
import { sampled } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import { ask, letIn } from './served.ts'

test.each(
  sampled<['SIGINT' | 'SIGTERM', number]>(
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ],
    1,
    'dashboard',
  ),
)('the program serves its page, and %s ends it with %d though a page follows a stream', async (signal, code) => {
  await using fake = await startFakeMeshery()
  await using program = start(['dashboard', '--url', fake.url])
  await program.until(() => program.stdout().includes('\n'))
  const address = /^Dashboard: (\S+)\n$/.exec(program.stdout())?.[1] ?? ''
  const { origin } = new URL(address)
  const cookie = await letIn(address)
  expect((await ask(origin, { headers: { cookie } })).body).toMatch(/<title>/)
  const stream = ask(`${origin}/api/system/events/subscribe`, { headers: { cookie } }).then(
    () => 'ended',
    () => 'cut',
  )
  await program.until(() => fake.stats.openStreams === 1)
  const began = performance.now()
  program.child.kill(signal)
  expect(await program.finished).toEqual({ code, stdout: `Dashboard: ${address}\n`, stderr: '' })
  expect(performance.now() - began).toBeLessThan(soonMs)
  expect(await stream).toBe('cut')
  await expect.poll(() => fake.stats.openStreams).toBe(0)
})
