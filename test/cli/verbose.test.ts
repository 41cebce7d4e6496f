import { describe, expect, test } from 'vitest'
import { activityText } from '../../src/cli/activity-text.ts'
import { MesheryError } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { start, startIn } from './in-process.ts'

describe.concurrent('--verbose', () => {
  test.each(sampled(['--verbose', '-v'], 1, '-v'))(
    'shows each connection, why it ended, and each request (%s)',
    async (option) => {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      await using program = start(['events', option, '--url', fake.url])
      await program.until(() => program.stderr().includes('live over websocket'))
      expect(program.stderr()).toMatch(/^meshery-live: websocket: connects$/m)
      expect(program.stderr()).toMatch(/^meshery-live: websocket: open$/m)
      expect(program.stderr()).toMatch(/^meshery-live: GET \/api\/system\/events 200 in \d+ ms$/m)
      fake.faults.cut()
      await program.until(() => (program.stderr().match(/websocket: open/g) ?? []).length === 2)
      expect(program.stderr()).toMatch(/^meshery-live: websocket: connects again in \d\.\d s: .* \(CONNECTION_LOST\)$/m)
      expect(program.stderr()).toMatch(/^meshery-live: websocket: connects again after CONNECTION_LOST$/m)
    },
  )

  test('shows why another transport is used', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    fake.faults.block('websocket')
    await using program = start(['events', '--verbose', '--url', fake.url])
    await program.until(() => /polling: the server is asked|live over sse/.test(program.stderr()))
    expect(program.stderr()).toMatch(
      /^meshery-live: websocket: does not work here, so another transport is tried: .* \([A-Z_]+\)$/m,
    )
  })

  test('shows a request that failed', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using program = start(['contexts', '--verbose', '--url', fake.url])
    await program.until(() => program.stdout() !== '')
    await fake.stop()
    await program.until(() => /GET \/api\/\S+ failed after \d+ ms: ECONNREFUSED/.test(program.stderr()))
  })

  test('without it nothing of this is shown, even on a terminal', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const terminal = { columns: 100, rows: 20 }
    await using program = startIn(['events', '--url', fake.url], { terminal })
    await program.until(() => program.stdout().includes('live over websocket'))
    expect(program.stdout()).not.toMatch(/websocket: |GET \//)
  })
})

const reason = new MesheryError('CONNECTION_LOST', 'it broke', { phase: 'stream' })
const connection = { transport: 'sse', attempt: 1, reason: null, nextRetryAt: null }

test.each([
  [{ ...connection, state: 'connecting' }, 'sse: connects'],
  [{ ...connection, state: 'connecting', reason }, 'sse: connects again after CONNECTION_LOST'],
  [{ ...connection, state: 'live' }, 'sse: open'],
  [
    { ...connection, state: 'waiting', reason, nextRetryAt: new Date(1_500) },
    'sse: connects again in 0.5 s: it broke (CONNECTION_LOST)',
  ],
  [{ ...connection, state: 'refused', reason }, 'sse: waits for other credentials: it broke (CONNECTION_LOST)'],
  [
    { ...connection, state: 'unavailable', reason },
    'sse: does not work here, so another transport is tried: it broke (CONNECTION_LOST)',
  ],
  [{ ...connection, state: 'failed', reason }, 'sse: given up: it broke (CONNECTION_LOST)'],
  [{ ...connection, state: 'idle' }, 'sse: closed'],
])('the connection %j is shown as %j', (details, text) => {
  expect(activityText(details, 'meshery-live: connection', 1_000)).toBe(text)
})

test('a path cannot steer a terminal', () => {
  const details = { method: 'GET', path: '/\u0007', status: 200, code: null, durationMs: 3.4 }
  expect(activityText(details, 'meshery-live: request', 0)).toBe('GET /\\u0007 200 in 3 ms')
})
