import { describe, expect, test } from 'vitest'
import { openerOf } from '../../src/cli/open-in-browser.ts'
import { remedyWhileRunning } from '../../src/cli/remedies.ts'
import { MesheryError } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { linesOf, type Running, type Surroundings, startIn } from '../cli/in-process.ts'
import { listen } from '../platform/http-server.ts'
import { reservePort } from '../reserve-port.ts'
import { sampled } from '../sample.ts'
import { ask, letIn, pageFolder } from './served.ts'

const identity = { provider: 'Meshery', token: 'planted-token-8sKq2LmZx91uVb77aa' }
const terminal = { columns: 120, rows: 30 }

const start = (args: readonly string[], surroundings: Surroundings = {}): Running =>
  startIn(['dashboard', ...args], { dashboardPage: pageFolder, ...surroundings })

/** The addresses that it has printed. */
const addressesOf = (program: Running): string[] =>
  [...program.stdout().matchAll(/^Dashboard: (\S+)\r?$/gm)].map(([, address = '']) => address)

/** The first address, once it is there. */
const addressOf = async (program: Running): Promise<string> => {
  await program.until(() => addressesOf(program).length > 0)
  return addressesOf(program)[0] ?? ''
}

test('prints one line with the address, serves the page with the credentials of the command, and ends by a signal', async () => {
  await using fake = await startFakeMeshery({ auth: identity })
  const env = { MESHERY_URL: fake.url, MESHERY_TOKEN: identity.token, MESHERY_PROVIDER: identity.provider }
  using reserved = await reservePort()
  await using program = start(['--port', String(reserved.port)], { env })
  const address = await addressOf(program)
  const { origin } = new URL(address)
  const cookie = await letIn(address)
  expect((await ask(origin, { headers: { cookie } })).body).toContain('<title>Dashboard</title>')
  expect((await ask(`${origin}/api/system/events`, { headers: { cookie } })).status).toBe(200)
  program.signal('SIGINT')
  const { code, stdout, stderr } = await program.finished
  expect([code, linesOf(stdout), stderr]).toEqual([130, [`Dashboard: ${address}`], ''])
  await expect(ask(origin)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('takes the port that is asked for, and says what to do when it is taken', async () => {
  await using fake = await startFakeMeshery()
  await using other = await listen(() => {})
  const { port } = new URL(other.url)
  await using program = start(['--url', fake.url, '--port', port])
  const { code, stdout, stderr } = await program.finished
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`Port ${port} is taken; --port takes another one, or 0 for any free one`)
})

describe('on a terminal', () => {
  const opened = (): { readonly urls: string[]; readonly openInBrowser: (url: string) => Promise<void> } => {
    const urls: string[] = []
    return { urls, openInBrowser: async (url) => void urls.push(url) }
  }

  test('opens the address in the browser', async () => {
    await using fake = await startFakeMeshery()
    const { urls, openInBrowser } = opened()
    await using program = start(['--url', fake.url], { terminal, openInBrowser })
    await program.until(() => urls.length > 0)
    expect(urls).toEqual(addressesOf(program))
    expect(program.stdout()).toContain('The address works once; Ctrl-C ends the dashboard')
  })

  test('opens none with --no-open, and none where the output is no terminal', async () => {
    await using fake = await startFakeMeshery()
    const { urls, openInBrowser } = opened()
    await using told = start(['--url', fake.url, '--no-open'], { terminal, openInBrowser })
    await using piped = start(['--url', fake.url], { openInBrowser })
    for (const program of [told, piped]) {
      await addressOf(program)
      program.signal('SIGTERM')
      expect((await program.finished).code).toBe(143)
    }
    expect(urls).toEqual([])
  })

  test('goes on without a browser, and says so', async () => {
    await using fake = await startFakeMeshery()
    const openInBrowser = (): Promise<void> => Promise.reject(new Error('there is no screen'))
    await using program = start(['--url', fake.url], { terminal, openInBrowser })
    await program.until(() => program.stdout().includes('No browser was opened (there is no screen)'))
    expect((await ask(await addressOf(program))).status).toBe(303)
  })

  test('Enter prints another address, which works in place of the one before', async () => {
    await using fake = await startFakeMeshery()
    await using program = start(['--url', fake.url, '--no-open'], { terminal, typed: '\n' })
    await program.until(() => addressesOf(program).length === 2)
    const [before = '', after = ''] = addressesOf(program)
    expect(after).not.toBe(before)
    expect((await ask(before)).status).toBe(403)
    expect((await ask(after)).status).toBe(303)
    expect(program.stdout()).toContain('Enter prints another one')
  })

  test.each([
    ['darwin', {}, { command: 'open', arguments: ['http://a/?secret=b'] }],
    ['win32', {}, { command: 'rundll32', arguments: ['url.dll,FileProtocolHandler', 'http://a/?secret=b'] }],
    ['linux', { DISPLAY: ':0' }, { command: 'xdg-open', arguments: ['http://a/?secret=b'] }],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, { command: 'xdg-open', arguments: ['http://a/?secret=b'] }],
    ['linux', {}, undefined],
  ] as const)('on %s with %j the opener is that of the system', (platform, env, opener) => {
    expect(openerOf('http://a/?secret=b', platform, env)).toEqual(opener)
  })
})

describe('ends at the start', () => {
  test.each(
    sampled(
      [
        [['--port', 'x'], 2, '--port was given "x"'],
        [['--port', '65536'], 2, '--port was given "65536"'],
        [['--url', 'nowhere'], 2, '--url was given "nowhere"'],
        [['--url', 'http://127.0.0.1:1'], 4, 'CONNECTION_REFUSED'],
        [['--url', 'http://127.0.0.1:1'], 4, 'The address came from --url.'],
        [['--transport', 'sse'], 2, "nknown option '--transport'"],
      ] as const,
      2,
      'ends',
    ),
  )('%j ends with %i', async (args, code, message) => {
    await using program = start([...args])
    const finished = await program.finished
    expect([finished.code, finished.stdout]).toEqual([code, ''])
    expect(finished.stderr).toContain(message)
  })

  test('with 3 when Meshery refuses the credentials, and without the token on stderr', async () => {
    await using fake = await startFakeMeshery({ auth: { ...identity, token: 'another' } })
    await using program = start(['--url', fake.url], {
      env: { MESHERY_TOKEN: identity.token, MESHERY_PROVIDER: identity.provider },
    })
    const { code, stderr } = await program.finished
    expect(code).toBe(3)
    expect(stderr).toContain('the token from MESHERY_TOKEN is refused')
    expect(stderr).not.toContain('planted')
  })

  test('with 1 when the page is not there', async () => {
    await using fake = await startFakeMeshery()
    await using program = start(['--url', fake.url], { dashboardPage: '/nonexistent' })
    const { code, stderr } = await program.finished
    expect(code).toBe(1)
    expect(stderr).toContain('The page of the dashboard is missing in this installation')
  })

  test('but waits for the server with --wait-for-server', async () => {
    await using fake = await startFakeMeshery()
    await fake.stop()
    await using program = start(['--url', fake.url, '--wait-for-server', '--verbose'])
    await program.until(() => program.stderr().includes('waiting for the server'))
    await fake.start()
    await addressOf(program)
  })
})

test('reports once why Meshery does not answer the page, and again after it answered', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using program = start(['--url', fake.url])
  const address = await addressOf(program)
  const { origin } = new URL(address)
  const cookie = await letIn(address)
  const paths = ['/api/system/version', '/api/system/events']
  const statuses = (): Promise<number[]> =>
    Promise.all(paths.map(async (path) => (await ask(origin + path, { headers: { cookie } })).status))
  const reports = (): number => program.stderr().split('CONNECTION_REFUSED').length - 1
  for (const expected of [1, 2]) {
    await fake.stop()
    expect([await statuses(), await statuses()]).toEqual([
      [502, 502],
      [502, 502],
    ])
    expect(reports()).toBe(expected)
    await fake.start()
    expect(await statuses()).toEqual([200, 200])
  }
})

test('reports a path that fails once, though others are answered between', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using program = start(['--url', fake.url])
  const address = await addressOf(program)
  const { origin } = new URL(address)
  const cookie = await letIn(address)
  fake.faults.answer('store', 401)
  for (const path of ['/api/system/events', '/api/system/version', '/api/system/events'])
    await ask(origin + path, { headers: { cookie } })
  expect(program.stderr().split('CREDENTIALS_REFUSED').length - 1).toBe(1)
})

test.each([
  ['CONNECTION_REFUSED', 'Start Meshery (`mesheryctl system start`), or check the host and port in --url.'],
  ['CONNECTION_LOST', 'Check that a Meshery Server listens at this address (--url).'],
  ['CONNECTION_SILENT', 'Check that a Meshery Server listens at this address (--url) and that no proxy cuts it off.'],
  ['UNREACHABLE', 'Check the network, the firewall and the proxy between here and Meshery.'],
  ['TIMED_OUT', 'Check that the server is healthy.'],
  ['NOT_MESHERY', 'Check --url: it must be the address of a Meshery Server.'],
  ['CREDENTIALS_REFUSED', 'Log in again (`mesheryctl system login`), or pass a fresh --token and its --provider.'],
] as const)('while it runs, the remedy of %s is "%s"', (code, remedy) => {
  expect(remedyWhileRunning(new MesheryError(code, 'It failed', { phase: 'poll' }))).toBe(remedy)
})

test('an answer to the page names Meshery and the options of the command, and so does the terminal', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using program = start(['--url', fake.url])
  const address = await addressOf(program)
  const { origin } = new URL(address)
  const cookie = await letIn(address)
  const bodyOf = async (): Promise<string> => (await ask(`${origin}/api/system/events`, { headers: { cookie } })).body
  fake.faults.answer('store', 401)
  expect(await bodyOf()).toMatch(
    /^Meshery answers 401: .*\. Log in \(`mesheryctl system login`\), or set --token or MESHERY_TOKEN\.\n$/,
  )
  fake.faults.answer('store', 401, { body: 'x'.repeat(1_000) })
  expect(await bodyOf()).toMatch(
    /^Meshery answers 401: x+… Log in \(`mesheryctl system login`\), or set --token or MESHERY_TOKEN\.\n$/,
  )
  expect((await bodyOf()).length).toBeLessThanOrEqual(201)
  await fake.stop()
  const remedy = 'Start Meshery (`mesheryctl system start`), or check the host and port in --url.'
  expect(await bodyOf()).toMatch(/^Meshery: connect ECONNREFUSED \S+\. /)
  expect(await bodyOf()).toContain(`. ${remedy}\n`)
  expect(program.stderr()).toContain(`  ${remedy}\n`)
})
