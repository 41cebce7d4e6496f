import { describe, expect, test } from 'vitest'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor, sampled } from '../sample.ts'
import { type Finished, linesOf, run, startIn } from './in-process.ts'

const to = (fake: FakeMeshery): string[] => ['--url', fake.url, '--provider', 'None']

const seeded = async (release: (typeof releases)[number] = 'current'): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release })
  for (const [at, severity] of ['error', 'warning', 'error'].entries())
    fake.events.add({ severity, description: `event ${at}`, createdAt: `2026-03-01T00:00:0${at}Z` })
  return fake
}

const idsOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ id }) => id)
const statusesOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ status }) => status)

claimsInTurnFor('on %s', casesOf(releases), (test, [release]) => {
  test('`events list` prints the newest first, and ends', async () => {
    await using fake = await seeded(release)
    const { code, stdout, stderr } = await run(['events', 'list', ...to(fake)])
    expect(linesOf(stdout).map((line) => line.slice(-7))).toEqual(['event 2', 'event 1', 'event 0'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const json = await run(['events', 'list', '--severity', 'error', '--limit', '1', '-o', 'json', ...to(fake)])
    expect(linesOf(json.stdout).map((line) => JSON.parse(line))).toMatchObject([{ description: 'event 2' }])
  })

  test('`events read` marks those of the ids, or those that match', async () => {
    await using fake = await seeded(release)
    const [first = ''] = idsOf(fake)
    expect(await run(['events', 'read', first, ...to(fake)])).toEqual({
      code: 0,
      stdout: '1 event marked as read\n',
      stderr: '',
    })
    expect(statusesOf(fake)).toEqual(['read', 'unread', 'unread'])
    expect((await run(['events', 'read', '--search', 'EVENT 2', ...to(fake)])).stdout).toBe('1 event marked as read\n')
    expect(statusesOf(fake)).toEqual(['read', 'unread', 'read'])
    const all = await run(['events', 'read', '--unread', '--all', '-o', 'json', ...to(fake)])
    expect(JSON.parse(all.stdout)).toEqual({ done: idsOf(fake).toReversed(), missing: [] })
    expect(statusesOf(fake)).toEqual(['unread', 'unread', 'unread'])
  })

  test('`events remove` with --yes deletes those that match', async () => {
    await using fake = await seeded(release)
    const { code, stdout } = await run(['events', 'remove', '--severity', 'error', '--yes', ...to(fake)])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 events deleted\n' })
    expect(fake.events.rows.map(({ description }) => description)).toEqual(['event 1'])
  })
})

test('`events` without a command below it follows', async () => {
  await using fake = await seeded()
  const { code, stdout } = await run(['events', '--since', '2026-01-01', '--count', '3', ...to(fake)])
  expect(code).toBe(0)
  expect(linesOf(stdout)).toHaveLength(3)
})

describe('`events remove` on a terminal', () => {
  const remove = (fake: FakeMeshery, typed: string): Promise<Finished> =>
    startIn(['events', 'remove', '--all', ...to(fake)], { typed }).finished

  test.each(sampled(['y\n', 'YES\n'], 1, 'yes'))('deletes after %j', async (typed) => {
    await using fake = await seeded()
    const { code, stdout, stderr } = await remove(fake, typed)
    expect(stderr).toContain(`Delete 3 events of ${fake.url} for good? [y/N]`)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 events deleted\n' })
    expect(fake.events.rows).toEqual([])
  })

  test.each(sampled(['n\n', '\n', '', 'yellow\n'], 1, 'no'))('deletes nothing after %j', async (typed) => {
    await using fake = await seeded()
    const { code, stdout, stderr } = await remove(fake, typed)
    expect(stderr).toContain('Nothing was deleted')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(fake.events.rows).toHaveLength(3)
  })
})

describe('wrong usage sends nothing', () => {
  const id = 'aaaaaaaa-0000-4000-8000-000000000001'

  test.each([
    [['read'], 'Which events? Give ids, filters, or --all'],
    [['remove', '--yes'], 'Which events? Give ids, filters, or --all'],
    [['remove', '--all'], 'needs --yes where stdin is no terminal'],
    [['read', id, '--all'], 'not several of them'],
    [['read', id, '--severity', 'error'], 'not several of them'],
    [['read', id, 'bulk'], '"bulk" is no id of an event'],
    [['list', '--limit', '0'], '--limit was given "0"'],
    [['list', '--limit', '2', '--all'], '--all was given beside --limit'],
    [['list', '--since', '1h'], "Unknown option '--since'"],
    [['list', '--severity', 'bad'], '--severity was given "bad"'],
    [['lsit'], "Unexpected argument 'lsit'; did you mean list?"],
  ])('events %j', async (args, said) => {
    await using fake = await seeded()
    const { code, stdout, stderr } = await run(['events', ...args], { MESHERY_URL: fake.url })
    expect(stderr).toContain(said)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(fake.stats.requests).toEqual([])
  })

  test('options before the command below are an error', async () => {
    const { code, stderr } = await run(['events', '--url', 'http://127.0.0.1:1', 'list'])
    expect(stderr).toContain('The options of events list come after it')
    expect(stderr).toContain('See `meshery-live events list --help`.')
    expect(code).toBe(2)
  })
})

describe('an error', () => {
  test('of a change says what was done, and JSON has what became of each id', async () => {
    await using fake = await seeded()
    fake.faults.breakWrites('error-text')
    const { code, stdout, stderr } = await run(['events', 'read', '--all', '-o', 'json', ...to(fake)])
    expect(JSON.parse(stdout)).toMatchObject({ done: [], unknown: idsOf(fake).toReversed() })
    expect(stderr).toContain('0 of 3 events were marked as read')
    expect(stderr).toContain('Run the same command again')
    expect(code).toBe(1)
  })

  test('of ids that the server does not know ends with 1', async () => {
    await using fake = await seeded('v0.8')
    const id = 'aaaaaaaa-0000-4000-8000-000000000001'
    const { code, stdout, stderr } = await run(['events', 'read', id, ...to(fake)])
    expect(stdout).toBe('0 events marked as read\n')
    expect(stderr).toContain(`the server does not know 1 event: ${id}`)
    expect(code).toBe(1)
  })

  test.each([
    ['a release without events', { events: false }, 1, /UNSUPPORTED/],
    ['refused credentials', { auth: { token: 'right', provider: 'Meshery' } }, 3, /CREDENTIALS_REFUSED/],
  ])('of %s has its exit code', async (_, options, expected, said) => {
    await using fake = await startFakeMeshery(options)
    const { code, stderr } = await run(['events', 'list', ...to(fake)])
    expect(stderr).toMatch(said)
    expect(code).toBe(expected)
  })

  test('of a server that is not there ends with 4', async () => {
    const { code, stderr } = await run(['events', 'list', '--url', 'http://127.0.0.1:9'])
    expect(stderr).toContain('CONNECTION_REFUSED')
    expect(code).toBe(4)
  })
})

test('a signal ends `events list`', async () => {
  await using fake = await seeded()
  fake.faults.answer('store', 'silence')
  await using program = startIn(['events', 'list', ...to(fake)], {})
  await program.until(() => fake.stats.requests.length > 0)
  program.signal('SIGINT')
  expect(await program.finished).toMatchObject({ code: 130, stdout: '' })
})

test('on a terminal, `events list` says how many more there are', async () => {
  await using fake = await seeded()
  await using program = startIn(['events', 'list', '--limit', '2', ...to(fake)], {
    terminal: { columns: 120, rows: 24 },
    inTerminal: 'stderr',
  })
  const { stdout, stderr } = await program.finished
  expect(linesOf(stdout)).toHaveLength(2)
  expect(stderr).toContain('2 of 3 events; --limit N or --all prints more')
})
