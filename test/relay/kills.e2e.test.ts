import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { Dice } from '../soak/dice.ts'
import { eventually } from '../waiting.ts'
import { atRandomMoments, idsInCursor, startKilledRelay } from './kills.ts'
import { type Behaviour, startReceiver } from './receiver.ts'

const longMs = 240_000

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-kills-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const dice = (): Dice => {
  const seed = Number(process.env['RELAY_SEED'] ?? Math.floor(Math.random() * 1e6))
  console.log(`RELAY_SEED=${seed}`)
  return new Dice(seed)
}

/** Each id once, where it came first. */
const firsts = (ids: readonly string[]): string[] => [...new Set(ids)]

const kinds: readonly [Behaviour, ...Behaviour[]] = ['limit', 'fail', 'reset', 'slow', 'cut-after-accepting']

test('a relay that is killed at random, to a receiver that fails at random, loses nothing, keeps the order, and repeats only what its cursor does not have', {
  timeout: longMs,
  tags: ['full'],
}, async () => {
  const random = dice()
  await using fake = await startFakeMeshery()
  const behave = (): Behaviour => (random.chance(0.25) ? random.pick(kinds) : 'accept')
  await using receiver = await startReceiver(behave)
  const cursor = join(temporaryFolder(), 'cursor.json')
  /** How many were accepted at each kill, and what the cursor had then. */
  const kills: { readonly accepted: number; readonly known: readonly string[] }[] = []
  const args = ['--url', fake.url, '--to', receiver.url, '--cursor', cursor]
  await using relay = startKilledRelay(args, () =>
    kills.push({ accepted: receiver.accepted.length, known: idsInCursor(cursor) }),
  )
  await relay.live()
  const added: string[] = []
  const add = (): void => void added.push(fake.events.add({ description: `event ${added.length}` }).id)
  const moments = { random: () => random.next() }
  await Promise.all([
    atRandomMoments(200, { ...moments, mostMs: 150 }, add),
    atRandomMoments(8, { ...moments, mostMs: 3_500 }, relay.restart),
  ])
  await eventually(() => expect(new Set(receiver.accepted).size).toBe(added.length), longMs / 2)
  expect(firsts(receiver.accepted)).toEqual(added)
  expect(kills).toHaveLength(8)
  for (const { accepted, known } of kills)
    expect(receiver.accepted.slice(accepted).filter((id) => known.includes(id))).toEqual([])
  const cuts = receiver.requests.filter(({ behaviour }) => behaviour === 'cut-after-accepting').length
  const doubles = receiver.accepted.length - added.length
  console.log(`${added.length} events, ${kills.length} kills, ${cuts} cuts: 0 lost, ${doubles} repeated`)
})

test('a relay that is killed at random writes each event to its file, whole and in order', {
  timeout: longMs,
  tags: ['full'],
}, async () => {
  const random = dice()
  await using fake = await startFakeMeshery()
  const folder = temporaryFolder()
  const [path, cursor] = [join(folder, 'events.ndjson'), join(folder, 'cursor.json')]
  const args = ['--url', fake.url, '--to', `file:${path}`, '--cursor', cursor]
  await using relay = startKilledRelay(args)
  await relay.live()
  const added: string[] = []
  const add = (): void => void added.push(fake.events.add().id)
  const moments = { random: () => random.next() }
  await Promise.all([
    atRandomMoments(200, { ...moments, mostMs: 60 }, add),
    atRandomMoments(5, { ...moments, mostMs: 2_500 }, relay.restart),
  ])
  const written = (): string[] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id)
  await eventually(() => expect(new Set(written()).size).toBe(added.length), longMs / 2)
  expect(firsts(written())).toEqual(added)
  console.log(`${added.length} events, 5 kills: 0 lost, ${written().length - added.length} repeated`)
})
