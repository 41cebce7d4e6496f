import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { linesOf, run, start } from './in-process.ts'

describe.concurrent('without --once, results of a profile that the server does not know', () => {
  test('are looked for again, and shown once it exists', async () => {
    await using fake = await startFakeMeshery()
    await using shown = start(['results', '--profile', 'later', '--url', fake.url])
    await shown.until(() => shown.stderr().includes('does not know later'))
    expect(linesOf(shown.stderr())).toEqual([
      'meshery-live: the server does not know later; the command looks again at intervals',
    ])
    const { id } = fake.perf.addProfile({ name: 'later' })
    await fake.perf.finishRun(id, { meshery_id: 'ffffffff-2222-4222-8222-222222222222' })
    await shown.until(() => shown.stdout().includes('ffffffff-2222'))
  })

  test('end with 124 when --timeout passes first', async () => {
    await using fake = await startFakeMeshery()
    const args = ['results', '--profile', 'later', '--timeout', '2s', '--url', fake.url]
    expect(await run(args)).toMatchObject({ code: 124, stdout: '' })
  })

  test('end with 2 where several profiles have the name', async () => {
    await using fake = await startFakeMeshery()
    for (const name of ['load', 'load']) fake.perf.addProfile({ name })
    const { code, stderr } = await run(['results', '--profile', 'load', '--url', fake.url])
    expect(stderr).toContain(`Several performance profiles are called \`load\`: `)
    expect(stderr).toContain('Use one that the message lists.')
    expect(code).toBe(2)
  })
})
