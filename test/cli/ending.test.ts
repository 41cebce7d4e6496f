import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { reservePort } from '../reserve-port.ts'
import { sampled } from '../sample.ts'
import { eventually, withEnoughTime } from '../waiting.ts'
import { linesOf, run, start } from './in-process.ts'

/** A home directory in which mesheryctl's context has that endpoint, until it is disposed of. */
const homeOf = (endpoint: string): { readonly home: string } & Disposable => {
  const home = mkdtempSync(join(tmpdir(), 'meshery-live-home-'))
  mkdirSync(join(home, '.meshery'))
  const config = `contexts:\n  work:\n    endpoint: ${endpoint}\ncurrent-context: work\n`
  writeFileSync(join(home, '.meshery/config.yaml'), config)
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true }) }
}

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

describe.concurrent('2, usage', () => {
  test.each([
    [[], 'A command is missing'],
    [['evnts'], 'There is no command "evnts"'],
    [['--colour'], "Unknown option '--colour'"],
    [['events', '--count', '0'], '--count was given "0"'],
    [['events', '--url', 'localhost'], '--url was given "localhost" without a scheme'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect(stderr).toContain(`meshery-live: ${said}`)
    expect(linesOf(stderr)).toHaveLength(2)
    expect(stderr).toContain('(INVALID_OPTION)')
    expect(stderr).toContain(`See \`meshery-live ${args[0] === 'events' ? 'events ' : ''}--help\`.`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

test.concurrent('a file of mesheryctl that names no server is named, and what to do about it', async () => {
  using files = homeOf('http://127.0.0.1:1')
  const { home } = files
  rmSync(join(home, '.meshery/config.yaml'))
  mkdirSync(join(home, '.meshery/config.yaml'))
  const { code, stderr } = await run(['events'], { HOME: home })
  expect(code).toBe(2)
  expect(stderr).toContain('No --url is given, and ')
  expect(stderr).toContain('config.yaml cannot be read: it is a directory (EISDIR)')
  expect(stderr).toContain('Pass --url, set MESHERY_URL, or correct what the message names.')
})

test.concurrent('a refusal and its remedy name the options of the command line', async () => {
  await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'good' } })
  const { code, stderr } = await run(['events', '--once', '--url', fake.url, '--token', 'bad'])
  expect(code).toBe(3)
  expect(stderr).toContain('(the token from --token is refused)')
  expect(stderr).toContain('pass a fresh --token and its --provider.')
})

describe.concurrent('a list of providers that a busy server does not give is no refusal of the login', () => {
  type Case = readonly [answer: 'silence' | 'reset' | 503, command: string, code: number, name: string]
  const endsByItself = async ([answer, command, expected, name]: Case): Promise<void> => {
    await using fake = await startFakeMeshery({ seed: [{}] })
    fake.faults.answer('everything', answer, { path: '/api/providers' })
    const { code, stderr } = await run([...command.split(' '), '--url', fake.url])
    expect(stderr).toContain(`(${name})`)
    expect(stderr).not.toContain('log in')
    expect(code).toBe(expected)
  }

  const quick: readonly Case[] = [
    ['reset', 'events list', 4, 'CONNECTION_LOST'],
    [503, 'events list', 1, 'SERVER_ERROR'],
  ]
  test.each(sampled(quick, 1, 'providers'))('%s ends `%s` with %i', (...one) => endsByItself(one))

  // Half a minute each.
  const slow: readonly Case[] = [
    ['silence', 'events', 4, 'TIMED_OUT'],
    ['silence', 'events list', 4, 'TIMED_OUT'],
    ['silence', 'contexts --once', 4, 'TIMED_OUT'],
  ]
  test.each(slow)('%s ends `%s` with %i', { tags: ['full'] }, (...one) => endsByItself(one))
})

describe.concurrent('0, help and version', () => {
  test.each(
    sampled(
      [
        [['--help'], /^Usage: meshery-live <command>.*fake-server.*124/s],
        [['-h'], /^Usage: meshery-live <command>/],
        [['help'], /^Usage: meshery-live <command>/],
        [['help', 'contexts'], /^Usage: meshery-live contexts/],
        [['events', '--help'], /^Usage: meshery-live events.*--acted-upon.*MESHERY_TOKEN/s],
        [['controllers', '--help'], /^Usage: meshery-live controllers.*--connection.*--once.*MESHERY_TOKEN.*124/s],
        [['profiles', '-h'], /^Usage: meshery-live profiles.*--page-size.*--order.*last_run/s],
        [['results', '--help'], /^Usage: meshery-live results.*--profile NAME/s],
        [['resources', '--help'], /^Usage: meshery-live resources.*--namespace NAME.*--cluster.*-c, --context/s],
        [['wait', '--help'], /^Usage: meshery-live wait server.*wait controller.*wait event.*--severity.*124/s],
        [['wait', 'event', '-h'], /^Usage: meshery-live wait/],
        [['fake-server', '-h'], /^Usage: meshery-live fake-server.*--every/s],
        [['demo', '--help'], /^Usage: meshery-live demo/],
        [['--version'], /^\d+\.\d+\.\d+\n$/],
      ],
      5,
      'help',
    ),
  )('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect(stdout).toMatch(said)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe.concurrent('3, credentials', () => {
  const auth = { provider: 'Meshery', token: 'a-good-token' }

  test.each(sampled(['v0.6', 'v0.7', 'v0.8', 'v1.0', 'current'] as const, 1, 'refused'))(
    'refused by %s, whether given or found',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      const given = ['--token', 'a-bad-token', '--provider', 'Meshery']
      const found = { MESHERY_TOKEN: 'a-bad-token', MESHERY_PROVIDER: 'Meshery' }
      const both = await Promise.all([
        run(['events', '--url', fake.url, ...given]),
        run(['events', '--url', fake.url], found),
        run(['events', '--url', fake.url]),
      ])
      const remedies = [
        /Log in again/,
        /Put a fresh token into MESHERY_TOKEN/,
        /Set MESHERY_TOKEN, .* or log in \(`mesheryctl/,
      ]
      for (const [index, { code, stderr }] of both.entries()) {
        expect(stderr).toMatch(new RegExp(`\\(CREDENTIALS_REFUSED\\)\n {2}${remedies[index]?.source}`))
        expect(stderr).not.toContain('a-bad-token')
        expect(code).toBe(3)
      }
    },
  )

  test('refused later on, after a drop', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    const env = { MESHERY_TOKEN: auth.token, MESHERY_PROVIDER: auth.provider }
    await using program = start(['events', '--url', fake.url], env)
    await program.until(() => fake.stats.operations === 1)
    fake.faults.expireToken()
    fake.faults.cut()
    expect(await program.finished).toMatchObject({ code: 3 })
  })

  test('that cannot be read', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const { code, stderr } = await run(['events', '--url', fake.url], { MESHERY_TOKEN_PATH: '/nowhere/auth.json' })
    expect(stderr).toContain('/nowhere/auth.json')
    expect(stderr).toContain('(CREDENTIALS_UNREADABLE)')
    expect(code).toBe(3)
  })
})

describe.concurrent('4, unreachable', () => {
  test('when nothing listens there', async () => {
    using gone = await reservePort()
    const { code, stdout, stderr } = await run(['events', '--url', gone.url])
    expect(stderr).toMatch(/ECONNREFUSED.* \(CONNECTION_REFUSED\)\n {2}Start Meshery/)
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  })

  test('when there is no such host', async () => {
    const { code, stderr } = await run(['events', '--url', 'http://meshery.invalid'])
    expect(stderr).toContain('(HOST_UNKNOWN)')
    expect(code).toBe(4)
  })

  test('when the server there hangs up', async () => {
    const server = createTcpServer((socket) => socket.destroy())
    try {
      const { code, stderr } = await run(['events', '--url', await listen(server)])
      expect(code).toBe(4)
      // Of a program that ends, nothing is done by itself any more.
      expect(stderr).toMatch(/\(CONNECTION_LOST\)\n {2}Check that a Meshery Server listens .*--wait-for-server/)
      expect(stderr).not.toContain('by itself')
    } finally {
      server.close()
    }
  })

  test.each(
    sampled(
      [
        ['--url', (url: string) => ({ args: ['--url', url], env: {} })],
        ['MESHERY_URL', (url: string) => ({ args: [], env: { MESHERY_URL: url } })],
        ["mesheryctl's context work", (_: string, home: string) => ({ args: [], env: { HOME: home } })],
      ],
      1,
      'sources of the address',
    ),
  )('and where the address came from: %s', async (source, from) => {
    using gone = await reservePort()
    using files = homeOf(gone.url)
    const { args, env } = from(gone.url, files.home)
    const { code, stderr } = await run(['events', '--verbose', ...args], env)
    expect(linesOf(stderr)[0]).toBe(`meshery-live: Meshery at ${gone.url} (from ${source})`)
    expect(stderr).toContain(`  The address came from ${source}.`)
    expect(code).toBe(4)
  })

  test.each(
    sampled(
      [
        ['events list', 'MESHERY_URL'],
        ['events read --severity error', 'MESHERY_URL'],
        ['events list --wait-for-server=TIME', 'MESHERY_URL'],
      ],
      1,
      'commands that follow nothing',
    ),
  )('also from a command that follows nothing: %s', (command, source) =>
    withEnoughTime(async (time) => {
      using gone = await reservePort()
      const { code, stderr } = await run(command.replace('TIME', time).split(' '), { MESHERY_URL: gone.url })
      expect(stderr).toMatch(/ECONNREFUSED.*\n {2}.*wait.* The address came from (.*)\.\n$/)
      expect(stderr).toContain(`The address came from ${source}.`)
      expect(code).toBe(4)
    }, 1),
  )

  test('but not once it was reached: then it is waited for', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = start(['events', '--verbose', '--url', fake.url, '--count', '1'])
    await program.until(() => program.stderr().includes('live over websocket'))
    await fake.stop()
    await program.until(() => program.stderr().includes('CONNECTION_REFUSED'))
    await fake.start()
    fake.events.add()
    expect(await program.finished).toMatchObject({ code: 0 })
  })
})

describe.concurrent('1, failure', () => {
  test('when it is no Meshery', async () => {
    const server = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<html>Hello</html>'),
    )
    try {
      const { code, stderr } = await run(['events', '--url', await listen(server)])
      expect(stderr).toContain('(NOT_MESHERY)')
      expect(code).toBe(1)
    } finally {
      server.close()
    }
  })

  test('when the event of --since is not there', async () => {
    await using fake = await startFakeMeshery({ seed: [{}] })
    const id = '7c1b1f0e-3c43-4f7b-9a39-9d3f3c1ad0c4'
    const { code, stderr } = await run(['events', '--url', fake.url, '--since', id])
    expect(stderr).toContain('(SINCE_UNKNOWN)')
    expect(code).toBe(1)
  })

  test('with what caused it, when --verbose', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { code, stderr } = await run(['events', '--verbose', '--transport', 'sse', '--url', fake.url])
    expect(stderr).toMatch(/\([A-Z_]+\)\n {2}.*\n {2}phase: /)
    expect(code).toBe(1)
  })
})

describe.concurrent('124, --timeout', () => {
  test('ends a live connection without a word', async () => {
    await using fake = await startFakeMeshery({ seed: [{ description: 'seen' }] })
    await withEnoughTime(async (time) => {
      const { code, stdout, stderr } = await run(['events', '--url', fake.url, '--since', '1h', '--timeout', time])
      expect(stdout).toContain('seen')
      expect({ code, stderr }).toEqual({ code: 124, stderr: '' })
    }, 1)
    await eventually(() => expect(fake.stats.openStreams).toBe(0))
  })

  test('says why it was not live', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.answer('everything', 503)
    await withEnoughTime(async (time) => {
      const { code, stderr } = await run(['events', '--url', fake.url, '--timeout', time])
      expect(linesOf(stderr).at(-2) ?? '').toContain('(SERVER_ERROR)')
      expect(code).toBe(124)
    }, 1.5)
  })
})
