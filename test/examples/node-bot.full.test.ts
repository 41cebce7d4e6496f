import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { startReceiver } from '../relay/receiver.ts'
import { waitUntil } from '../waiting.ts'
import { copyExample, linesOf } from './example.ts'

describe('examples/node-bot', () => {
  it('loses no event although it is killed again and again', { timeout: 300_000 }, async () => {
    const [install = '', start = '', ...more] = await linesOf('node-bot')
    expect([install, start, ...more]).toEqual(['npm install', 'npm start'])
    await using fake = await startFakeMeshery()
    await using receiver = await startReceiver()
    await using example = await copyExample('node-bot')
    await example.run(install)
    const env = { MESHERY_URL: fake.url, HOOK_URL: receiver.url }
    const ids: string[] = []
    const add = (count: number): void => {
      for (let left = count; left > 0; left--) ids.push(fake.events.add({ description: `Event ${ids.length}` }).id)
    }
    const first = example.start(start, env)
    await first.prints(/^(live|polling)/m)
    const kills = 3
    let bot = first
    for (let round = 0; round < kills; round++) {
      const before = receiver.accepted.length
      add(20)
      // In the middle of its work.
      await waitUntil(() => receiver.accepted.length > before + round)
      expect(await bot.kill('SIGKILL')).toBeNull()
      add(20)
      bot = example.start(start, env)
    }
    await waitUntil(() => ids.every((id) => receiver.accepted.includes(id)))
    expect([...new Set(receiver.accepted)]).toEqual(ids)
    // Each kill repeats at most the event that was being handled.
    expect(receiver.accepted.length).toBeLessThanOrEqual(ids.length + kills)
    await bot.prints(/informational Event 119/)
    await bot.kill('SIGTERM')
    await waitUntil(() => fake.stats.openSockets + fake.stats.openStreams === 0)
  })
})
