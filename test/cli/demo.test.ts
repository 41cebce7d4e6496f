import { expect, test } from 'vitest'
import { start } from './in-process.ts'

test('demo ends at once on a signal', async () => {
  await using program = start(['demo'])
  await program.until(() => program.stdout().includes('live over websocket'))
  program.signal('SIGINT')
  expect(await program.finished).toMatchObject({ code: 130, stderr: '' })
})
