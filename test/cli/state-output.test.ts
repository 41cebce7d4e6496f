import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { linesOf, run, start, startIn } from './in-process.ts'

const [one, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
const created_at = '2026-03-01T10:20:30Z'

/** Two designs and a filter. */
const furnished = async (release: FakeMeshery['release'] = 'current'): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release })
  fake.configuration.addPattern({ id: one, name: 'bookinfo', created_at })
  fake.configuration.addPattern({ id: other, name: 'emojivoto', created_at: '2026-02-01T10:20:30Z' })
  fake.configuration.addFilter({ id: other, name: 'limit', created_at })
  return fake
}

const once = async (fake: FakeMeshery, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(['designs', '--once', '--url', fake.url, ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

describe.concurrent('designs', () => {
  test('shows the designs, without filters and applications', async () => {
    await using fake = await furnished()
    expect(linesOf(await once(fake)).map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'VISIBILITY', 'UPDATED', 'ID'],
      ['bookinfo', 'private', '2026-03-01T10:20:30Z', one],
      ['emojivoto', 'private', '2026-02-01T10:20:30Z', other],
    ])
  })

  test.each(sampled(['v0.6', 'v0.8', 'current'] as const, 1, 'designs'))(
    'shows on %s what changes',
    async (release) => {
      await using fake = await furnished(release)
      await using program = start(['designs', '--url', fake.url])
      await program.until(() => program.stdout().includes('bookinfo'))
      fake.configuration.addPattern({ name: 'third' })
      await program.until(() => /\+ +third/.test(program.stdout()))
      expect(program.stdout()).not.toContain('limit')
    },
  )

  test('takes the options of a page', async () => {
    await using fake = await furnished()
    expect(await once(fake, '--page-size', '1', '--order', 'name desc', '--template', '{name}')).toBe('emojivoto\n')
  })
})

describe.concurrent('a state', () => {
  test('as yaml and json is the whole value, for designs their page', async () => {
    await using fake = await furnished()
    const value: unknown = JSON.parse(await once(fake, '-o', 'jsonl'))
    expect(value).toMatchObject({ total_count: 2, patterns: [{ name: 'bookinfo' }, { name: 'emojivoto' }] })
    expect(load(await once(fake, '-o', 'yaml'))).toEqual(value)
  })

  test('as fields is a list of its items', async () => {
    await using fake = await furnished()
    expect(JSON.parse(await once(fake, '-o', 'json', '--fields', 'name,id'))).toEqual([
      { name: 'bookinfo', id: one },
      { name: 'emojivoto', id: other },
    ])
  })

  test('by a template is a line for each item, and nothing without any', async () => {
    await using fake = await furnished()
    expect(await once(fake, '--template', '{name} {visibility}')).toBe('bookinfo private\nemojivoto private\n')
    expect(await once(fake, '--search', 'none', '--template', '{name}')).toBe('')
  })

  test('has its times as --time says', async () => {
    await using fake = await furnished()
    await using program = startIn(['designs', '--once', '--url', fake.url], {
      env: { TZ: 'Asia/Kolkata' },
      terminal: { columns: 120, rows: 24 },
      inTerminal: 'stdout',
    })
    expect((await program.finished).stdout).toContain('2026-03-01T15:50:30+05:30')
    expect(await once(fake, '--time', 'relative')).toMatch(/bookinfo +private +\d+d ago/)
  })

  test('has not changed because its times are longer ago', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const added = fake.configuration.addPattern({ id: one, name: 'bookinfo' })
    await using program = start(['designs', '--time', 'relative', '--url', fake.url])
    await program.until(() => /\+ +bookinfo +private +\d+s ago/.test(program.stdout()))
    // In the next state the first row is at least a second older.
    const shownAt = Date.now()
    await program.until(() => Date.now() - Math.max(shownAt, Date.parse(added.created_at ?? '')) > 1_100)
    fake.configuration.addPattern({ id: other, name: 'second' })
    await program.until(() => program.stdout().includes('second'))
    expect(linesOf(program.stdout()).filter((line) => line.includes('bookinfo'))).toHaveLength(1)
  })
})

test.concurrent('wait prints in every format', async () => {
  await using fake = await startFakeMeshery()
  const line = ['wait', 'server', '--url', fake.url]
  expect(load((await run([...line, '-o', 'yaml'])).stdout)).toMatchObject({ url: fake.url })
  expect((await run([...line, '--template', '{url}'])).stdout).toBe(`${fake.url}\n`)
  fake.contexts.add({ connection_id: one })
  fake.controllers.set(one, 'MESHSYNC', { status: 'RUNNING' })
  const waits = ['wait', 'controller', 'MESHSYNC=RUNNING', '--url', fake.url]
  expect((await run([...waits, '--template', '{controller}: {status}'])).stdout).toBe('MESHSYNC: RUNNING\n')
})
