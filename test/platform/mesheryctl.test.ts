import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultUrl, type Environment, readCredentials } from '../../src/platform/environment.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { sampled } from '../sample.ts'
import { failure } from './http-server.ts'

let home = ''
const write = (name: string, text: string): void => writeFileSync(join(home, '.meshery', name), text)
const config = (endpoint: string, token = 'default', tokens = '- name: default\n  location: auth.json'): void =>
  write(
    'config.yaml',
    `contexts:\n  local:\n    endpoint: ${endpoint}\n    token: ${token}\n    platform: docker\n  other:\n    endpoint: http://other:9081\ncurrent-context: local\ntokens:\n${tokens}\n`,
  )
const auth = (name: string, token: string, provider = 'Meshery'): void =>
  write(name, JSON.stringify({ token, 'meshery-provider': provider }))

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'meshery-live-'))
  mkdirSync(join(home, '.meshery'))
})
afterEach(() => rmSync(home, { recursive: true }))

const platform = (env: Record<string, string> = {}) => nodePlatform({ env, home })
const readWithOrigin = (server: string, env: Record<string, string> = {}) =>
  platform(env).readCredentials(new URL(server))
const read = async (server: string, env: Record<string, string> = {}) => {
  const found = await readWithOrigin(server, env)
  if (found === undefined) return undefined
  const { from: _, ...identity } = found
  return identity
}
const local = 'http://localhost:9081'

describe('the default address', () => {
  it('is MESHERY_URL, else that of the current context, else localhost', () => {
    expect(platform().defaultUrl()).toBe('http://localhost:9081')
    config('https://meshery.example.com')
    expect(platform().defaultUrl()).toBe('https://meshery.example.com')
    expect(platform({ MESHERY_URL: '' }).defaultUrl()).toBe('https://meshery.example.com')
    expect(platform({ MESHERY_URL: 'http://env:1' }).defaultUrl()).toBe('http://env:1')
  })

  it('comes with its source', () => {
    expect(platform().defaultAddress()).toEqual({ url: 'http://localhost:9081', source: 'the default' })
    config('http://localhost:9081')
    expect(platform().defaultAddress()).toEqual({
      url: 'http://localhost:9081',
      source: "mesheryctl's context local",
      context: 'local',
    })
    const env = { MESHERY_URL: 'http://env:1' }
    expect(platform(env).defaultAddress()).toEqual({ url: 'http://env:1', source: 'MESHERY_URL' })
  })

  it('is read again at each call', () => {
    const env: Record<string, string> = {}
    const one = platform(env)
    expect(one.defaultUrl()).toBe('http://localhost:9081')
    env['MESHERY_URL'] = 'http://env:1'
    expect(one.defaultUrl()).toBe('http://env:1')
  })

  it('is an error that names the broken file, and asks for an option', () => {
    write('config.yaml', 'contexts: [unclosed')
    expect(() => platform().defaultUrl()).toThrowError(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        phase: 'options',
        message: expect.stringContaining('config.yaml'),
      }),
    )
  })

  it.each(['', '# nothing yet', '{}', 'contexts: {}', 'contexts:\ncurrent-context:'])(
    'is localhost while config.yaml has no context: %j',
    (text) => {
      write('config.yaml', text)
      expect(platform().defaultUrl()).toBe(local)
    },
  )

  it.each([
    ['just text', 'it is no map'],
    ['[]', 'it is no map'],
    ['contexts: 7', '`contexts` is no map'],
    ['contexts: [a]', '`contexts` is no map'],
    ['current-context: gone', '`current-context` names "gone"'],
    ['contexts: {local: {endpoint: http://x}}', '`current-context` is missing'],
    ['contexts: {local: {endpoint: http://x}}\ncurrent-context: other', '`current-context` names "other"'],
    ['contexts: {local: {endpoint: http://x}}\ncurrent-context: [local]', '`current-context` is no text'],
    ['contexts: {local: null}\ncurrent-context: local', '`contexts.local` is empty'],
    ['contexts: {local: [a]}\ncurrent-context: local', '`contexts.local` is no map'],
    ['contexts: {local: {token: a}}\ncurrent-context: local', '`contexts.local.endpoint` is missing'],
    ['contexts: {local: {endpoint: [a]}}\ncurrent-context: local', '`contexts.local.endpoint` is no text'],
    [
      'contexts: {local: {endpoint: localhost:9081}}\ncurrent-context: local',
      '`contexts.local.endpoint` is no address',
    ],
    ['contexts: {local: {endpoint: http://x, Endpoint: http://y}}\ncurrent-context: local', ''],
    ['contexts: {local: {ENDPOINT: http://x, Endpoint: http://y}}\ncurrent-context: local', 'is there twice'],
    ['contexts: {a: {}}\ncontexts: {b: {}}', 'it is not YAML (line 2)'],
    ['a: 1\n---\nb: 2', 'it is not YAML'],
  ])('is never silently localhost: config.yaml with %j', (text, problem) => {
    write('config.yaml', text)
    const url = (): string => platform().defaultUrl()
    if (problem === '') return expect(url()).toBe('http://x')
    expect(url).toThrowError(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^No `url` is given, and .*config\.yaml cannot be read: /),
      }),
    )
    expect(url).toThrowError(problem)
  })

  it.each([
    ['keys in any case', 'Contexts: {Local: {ENDPOINT: http://x}}\nCurrent-Context: Local'],
    ['a name in another case', 'contexts: {Local: {endpoint: http://x}}\ncurrent-context: local'],
    ['a number as a name', 'contexts: {123: {endpoint: http://x}}\ncurrent-context: 123'],
    ['a number in quotes as a name', 'contexts: {"123": {endpoint: http://x}}\ncurrent-context: 123'],
    ['a version as a name', 'contexts: {1.10: {endpoint: http://x}, 1.1: {}}\ncurrent-context: 1.10'],
    ['a date as a name', 'contexts: {2026-01-02: {endpoint: http://x}}\ncurrent-context: 2026-01-02'],
    ['a merge', 'base: &base {endpoint: http://x}\ncontexts: {a: {<<: *base, token: t}}\ncurrent-context: a'],
    ['a BOM', '\uFEFFcontexts: {a: {endpoint: http://x}}\ncurrent-context: a'],
    ['letters beyond ASCII', 'contexts: {büro: {endpoint: http://x}}\ncurrent-context: büro'],
    ['the line ends of Windows', 'contexts:\r\n  a:\r\n    endpoint: http://x\r\ncurrent-context: a\r\n'],
  ])('is read from a config.yaml with %s, as by mesheryctl', (_, text) => {
    write('config.yaml', text)
    expect(platform().defaultUrl()).toBe('http://x')
  })

  it.each([
    ['a directory', () => mkdirSync(join(home, '.meshery', 'config.yaml')), 'it is a directory (EISDIR)'],
    ['not UTF-8', () => writeFileSync(join(home, '.meshery', 'config.yaml'), Buffer.from([0x63, 0xff, 0xfe])), 'UTF-8'],
    [
      'in a `.meshery` that is a file',
      () => {
        rmSync(join(home, '.meshery'), { recursive: true })
        writeFileSync(join(home, '.meshery'), '')
      },
      'ENOTDIR',
    ],
  ])('is never silently localhost when config.yaml is %s', (_, make, problem) => {
    make()
    expect(() => platform().defaultUrl()).toThrowError(problem)
  })

  it('is localhost where the home is not a directory, as for a service', () => {
    expect(nodePlatform({ env: {}, home: '/dev/null' }).defaultUrl()).toBe(local)
    expect(nodePlatform({ env: {}, home: join(home, 'gone') }).defaultUrl()).toBe(local)
  })
})

describe("mesheryctl's token", () => {
  it('is that of the current context', async () => {
    config(
      'http://localhost:9081',
      'work',
      '- name: default\n  location: auth.json\n- name: work\n  location: work.json',
    )
    auth('auth.json', 'wrong-one')
    auth('work.json', 'right-one')
    expect(await read('http://localhost:9081')).toEqual({ token: 'right-one', provider: 'Meshery' })
  })

  it('is sent only to the scheme, host and port of its context (law 8)', async () => {
    config('http://localhost:9081')
    auth('auth.json', 'abc')
    expect(await read('http://localhost:9081/')).toEqual({ token: 'abc', provider: 'Meshery' })
    for (const server of [
      'https://localhost:9081',
      'http://localhost:9082',
      'http://localhost',
      'http://127.0.0.1:9081',
      'http://other:9081',
    ]) {
      expect(await read(server), server).toBeUndefined()
    }
  })

  it('treats the default port of the scheme as no port', async () => {
    config('https://meshery.example.com:443')
    auth('auth.json', 'abc')
    expect(await read('https://meshery.example.com')).toMatchObject({ token: 'abc' })
  })

  it('is sent nowhere without an address that it belongs to', async () => {
    auth('auth.json', 'abc')
    expect(await read(local)).toBeUndefined()
    write('config.yaml', 'contexts: {local: {token: default}}\ncurrent-context: local')
    expect(await read(local)).toBeUndefined()
  })

  it('is in auth.json when the entry or the context names no file', async () => {
    auth('auth.json', 'abc')
    config('http://localhost:9081', 'default', '- name: default')
    expect(await read('http://localhost:9081')).toMatchObject({ token: 'abc' })
    config('http://localhost:9081', '""')
    expect(await read('http://localhost:9081')).toMatchObject({ token: 'abc' })
  })

  it('does not exist when the context names no file and there is no auth.json', async () => {
    config(local, '""')
    expect(await read(local)).toBeUndefined()
  })

  it.each([
    ['missing', undefined, '`contexts.local.token` names "missing", which `tokens` does not list'],
    ['missing', '', '`contexts.local.token` names "missing", which `tokens` does not list'],
    ['[default]', undefined, '`contexts.local.token` is no text'],
    ['{}', undefined, '`contexts.local.token` is no text'],
    ['default', '  default: auth.json', '`tokens` is no list'],
    ['default', '- default', '`tokens[0]` is no map'],
    ['default', '- name: default\n  location: [auth.json]', '`tokens[0].location` is no text'],
    ['default', '- name: default\n  location: gone.json', 'gone.json cannot be read: there is no such file'],
  ])('is never that of another context: token %s, tokens %j', async (token, tokens, problem) => {
    config(local, token, tokens)
    auth('auth.json', 'of-another-context')
    const error = await failure(read(local))
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', message: expect.stringContaining(problem) })
    expect(error).toMatchObject({ message: expect.stringContaining('config.yaml') })
  })

  it('may have a number as its name, and a path under ~/', async () => {
    config(local, '7', '- name: 07\n  location: auth.json\n- name: 7\n  location: ~/seven.json')
    auth('auth.json', 'wrong-one')
    writeFileSync(join(home, 'seven.json'), '{"token":"seven","meshery-provider":"Meshery"}')
    expect(await read(local)).toMatchObject({ token: 'seven' })
    config(local, 'rel', '- name: rel\n  location: tokens/../mine.json')
    auth('mine.json', 'mine')
    expect(await read(local)).toMatchObject({ token: 'mine' })
  })

  it('is read from a file with a BOM', async () => {
    config(local)
    write('auth.json', '\uFEFF{"token":"abc","meshery-provider":"Meshery"}')
    expect(await read(local)).toEqual({ token: 'abc', provider: 'Meshery' })
  })

  it('is returned with its file', async () => {
    config(local)
    auth('auth.json', 'abc')
    const path = join(home, '.meshery', 'auth.json')
    expect(await readWithOrigin(local)).toMatchObject({ from: { token: path, provider: path } })
  })

  it.each(['', '\n'])('is missing after a logout, which leaves %j, and the error says so', async (text) => {
    config(local)
    write('auth.json', text)
    const loggedOut = {
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringMatching(/^mesheryctl is logged out: .*auth\.json is empty$/),
      remedy: expect.stringMatching(/mesheryctl system login.*MESHERY_PROVIDER/),
    }
    expect(await failure(read(local))).toMatchObject(loggedOut)
    expect(await failure(read('http://x', { MESHERY_TOKEN_PATH: '~/.meshery/auth.json' }))).toMatchObject(loggedOut)
    expect(await read(local, { MESHERY_PROVIDER: 'None' })).toEqual({ provider: 'None' })
    expect(await read('http://other:9081')).toBeUndefined()
  })

  it('may be at an absolute path', async () => {
    const path = join(home, 'elsewhere.json')
    writeFileSync(path, '{"token":"far","meshery-provider":"Layer5"}')
    config('http://localhost:9081', 'default', `- name: default\n  location: ${path}`)
    expect(await read('http://localhost:9081')).toEqual({ token: 'far', provider: 'Layer5' })
  })

  it('may be empty, as with the Local provider', async () => {
    config('http://localhost:9081')
    auth('auth.json', '', 'None')
    expect(await read('http://localhost:9081')).toEqual({ provider: 'None' })
    write('auth.json', '{"meshery-provider":"None","token":""}')
    expect(await read(local)).toEqual({ provider: 'None' })
  })

  it('is read again at each call', async () => {
    config('http://localhost:9081')
    const one = platform()
    const server = new URL('http://localhost:9081')
    auth('auth.json', 'first')
    expect(await one.readCredentials(server)).toMatchObject({ token: 'first' })
    auth('auth.json', 'second')
    expect(await one.readCredentials(server)).toMatchObject({ token: 'second' })
  })

  it.each([
    '{"token":"very-secret"',
    'very-secret',
    '{"token":"very;secret"}',
    '{"token":{"very-secret":1}}',
    '{"token":"very-secret","meshery-provider":7}',
    '["very-secret"]',
    '"very-secret"',
    '{"access":"very-secret"}',
    '{"token":"","meshery-provider":""}',
    'null',
  ])('is unreadable in a file with %j, and the error does not quote it', async (text) => {
    config('http://localhost:9081')
    write('auth.json', text)
    const error = await failure(read('http://localhost:9081'))
    expect(error).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      phase: 'credentials',
      message: expect.stringContaining('auth.json'),
    })
    expect(inspect(error, { depth: null })).not.toMatch(/very.secret/)
  })

  it('is unreadable where a folder has that name', async () => {
    config('http://localhost:9081')
    mkdirSync(join(home, '.meshery', 'auth.json'))
    expect(await failure(read('http://localhost:9081'))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('it is a directory (EISDIR)'),
    })
  })

  it('is unreadable without the permission', async () => {
    config('http://localhost:9081')
    auth('auth.json', 'abc')
    chmodSync(home, 0o755)
    chmodSync(join(home, '.meshery', 'auth.json'), 0)
    // Root may read everything, so the test runs as another user for a moment.
    const unprivileged = 65_534
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(unprivileged)
    try {
      expect(await failure(read('http://localhost:9081'))).toMatchObject({
        message: expect.stringMatching(/auth\.json.*EACCES/),
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })
})

describe('the environment', () => {
  const server = 'https://anywhere.example.com'

  it('takes precedence over every file', async () => {
    config(server)
    auth('auth.json', 'from-mesheryctl')
    const path = join(home, 'named.json')
    writeFileSync(path, '{"token":"from-path","meshery-provider":"Meshery"}')
    expect(await read(server, { MESHERY_TOKEN: 'from-env', MESHERY_TOKEN_PATH: path })).toEqual({ token: 'from-env' })
    expect(await read(server, { MESHERY_TOKEN: 'from-env', MESHERY_PROVIDER: 'Layer5' })).toEqual({
      token: 'from-env',
      provider: 'Layer5',
    })
    expect(await read(server, { MESHERY_TOKEN: '', MESHERY_TOKEN_PATH: path })).toEqual({
      token: 'from-path',
      provider: 'Meshery',
    })
    expect(await read(server, { MESHERY_TOKEN_PATH: path, MESHERY_PROVIDER: 'Layer5' })).toEqual({
      token: 'from-path',
      provider: 'Layer5',
    })
  })

  it('may name a file under ~, or from the working directory', async () => {
    auth('mine.json', 'abc')
    const path = join(home, '.meshery', 'mine.json')
    for (const given of ['~/.meshery/mine.json', relative(process.cwd(), path), path])
      expect(await read(server, { MESHERY_TOKEN_PATH: given }), given).toMatchObject({ token: 'abc' })
  })

  it('is returned with its source', async () => {
    const env = { MESHERY_TOKEN: 'abc', MESHERY_PROVIDER: 'Meshery' }
    expect(await readWithOrigin(server, env)).toMatchObject({
      from: { token: 'MESHERY_TOKEN', provider: 'MESHERY_PROVIDER' },
    })
    auth('mine.json', 'abc')
    const path = join(home, '.meshery', 'mine.json')
    expect(await readWithOrigin(server, { MESHERY_TOKEN_PATH: path })).toMatchObject({
      from: { token: `${path} (MESHERY_TOKEN_PATH)` },
    })
  })

  it('is an error with its reason where it is unreadable', async () => {
    const env = new Proxy<Record<string, string>>(
      {},
      {
        get: () => {
          throw new Error('Requires env access')
        },
      },
    )
    expect(await failure(read(server, env))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      phase: 'credentials',
      message: expect.stringContaining('Requires env access'),
    })
    expect(() => platform(env).defaultUrl()).toThrowError(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('Requires env access') }),
    )
  })

  it('must name an existing file', async () => {
    expect(await failure(read(server, { MESHERY_TOKEN_PATH: join(home, 'gone.json') }))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('MESHERY_TOKEN_PATH'),
    })
  })

  it("uses mesheryctl's token only for the provider that issued it", async () => {
    config(server)
    auth('auth.json', 'abc', 'Meshery')
    expect(await read(server, { MESHERY_PROVIDER: 'Meshery' })).toEqual({ token: 'abc', provider: 'Meshery' })
    expect(await read(server, { MESHERY_PROVIDER: 'Local' })).toEqual({ provider: 'Local' })
  })
})

let built: Promise<string> | undefined
/** The package as one script; it is built once. */
const packageText = (): Promise<string> => {
  built ??= build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '')
  return built
}

describe('without a home directory', () => {
  const homeless = (env: Record<string, string> = {}) => nodePlatform({ env, home: undefined })
  const server = new URL('http://anywhere:9081')

  it("mesheryctl's files do not exist, and the rest works", async () => {
    expect(homeless().defaultUrl()).toBe(local)
    expect(await homeless().readCredentials(server)).toBeUndefined()
    expect(await homeless({ MESHERY_PROVIDER: 'None' }).readCredentials(server)).toMatchObject({ provider: 'None' })
    const path = join(home, 'mine.json')
    writeFileSync(path, '{"token":"abc"}')
    expect(await homeless({ MESHERY_TOKEN_PATH: path }).readCredentials(server)).toMatchObject({ token: 'abc' })
    expect(await failure(homeless({ MESHERY_TOKEN_PATH: '~/mine.json' }).readCredentials(server))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('there is no home directory'),
    })
  })

  it.each(
    sampled(
      [
        ['an empty HOME', { HOME: '' }, {}],
        ['a HOME that is relative', { HOME: 'here' }, {}],
        // A user of a container without an entry; only root can become one.
        ['a user without an entry in passwd', {}, process.geteuid?.() === 0 ? { uid: 54_321 } : {}],
      ],
      1,
      'without a home',
    ),
  )('of a process with %s, everything else works', async (_, env, user) => {
    // The working directory contains the files of another user.
    config('http://elsewhere:1')
    chmodSync(home, 0o755)
    const program = `${await packageText()}
      const client = module.exports.createMeshery()
      console.log(client.url)
      client.close()`
    const { stdout } = spawnSync(process.execPath, ['-'], { input: program, env, cwd: home, encoding: 'utf8', ...user })
    expect(stdout.trim()).toBe(local)
  })

  it('is not read where nothing in it is needed', () => {
    const around = (env: Record<string, string>): Environment => ({
      env,
      get home(): string {
        throw new Error('the home is read')
      },
    })
    const env = { MESHERY_TOKEN: 'abc', MESHERY_URL: 'http://x' }
    expect(defaultUrl(around(env))).toBe('http://x')
    expect(readCredentials(around(env), server)).toMatchObject({ token: 'abc' })
    expect(() => readCredentials(around({}), server)).toThrowError('the home is read')
  })
})

describe.skipIf(process.platform === 'win32')('a file that is not a small regular file', () => {
  const path = (name: string): string => join(home, '.meshery', name)
  const make: readonly (readonly [string, (at: string) => void, RegExp])[] = [
    ['a named pipe', (at) => void spawnSync('mkfifo', [at]), /named pipe/],
    ['a directory', (at) => mkdirSync(at), /directory/],
    ['a link to /dev/zero', (at) => symlinkSync('/dev/zero', at), /device/],
    ['a link to itself', (at) => symlinkSync(at, at), /symbolic link/],
    [
      'a sparse file of 2 GiB',
      (at) => {
        writeFileSync(at, '')
        truncateSync(at, 2 ** 31)
      },
      /2147483648 bytes/,
    ],
    ['a file of 1 MiB and a byte', (at) => writeFileSync(at, Buffer.alloc(2 ** 20 + 1, 0x20)), /1048577 bytes/],
  ]

  it.each(make)('is refused as config.yaml: %s', (_, place, why) => {
    place(path('config.yaml'))
    expect(() => defaultUrl({ env: {}, home })).toThrow(why)
    expect(() => defaultUrl({ env: {}, home })).toThrow(path('config.yaml'))
  })

  it.each(make)('is refused as auth.json and at MESHERY_TOKEN_PATH: %s', async (_, place, why) => {
    config(local)
    place(path('auth.json'))
    for (const env of [{}, { MESHERY_TOKEN_PATH: path('auth.json') }]) {
      const error = await failure(readWithOrigin(local, env))
      expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', message: expect.stringMatching(why) })
      expect(String(error)).toContain(path('auth.json'))
    }
  })

  it('is refused at once: a socket', async () => {
    const server = createServer().listen(path('auth.json'))
    await once(server, 'listening')
    const error = await failure(readWithOrigin(local, { MESHERY_TOKEN_PATH: path('auth.json') }))
    expect(String(error)).toMatch(/socket/)
    server.close()
  })

  it('is read up to 1 MiB', async () => {
    auth('auth.json', 'secret')
    appendFileSync(path('auth.json'), ' '.repeat(2 ** 20 - statSync(path('auth.json')).size))
    expect(await read(local, { MESHERY_TOKEN_PATH: path('auth.json') })).toMatchObject({ token: 'secret' })
  })
})

describe('a malicious config.yaml', () => {
  it('is refused where it is nested without end', () => {
    write('config.yaml', `contexts: ${'['.repeat(500_000)}`)
    expect(() => defaultUrl({ env: {}, home })).toThrow(
      /config\.yaml cannot be read: it is (nested too deeply|not YAML)/,
    )
  })

  it('expands no aliases', () => {
    const names = 'abcdefghijklmnopqrstuvwxyz'
    const bombs = [...names].map((name, at) => {
      const before = names[at - 1]
      return `${name}: &${name} [${Array.from({ length: 9 }, () => (before === undefined ? 'x' : `*${before}`)).join(',')}]`
    })
    write('config.yaml', `${bombs.join('\n')}\ncontexts: *z\n`)
    expect(() => defaultUrl({ env: {}, home })).toThrow(/`contexts` is no map/)
  })
})

describe('a current context that does not exist', () => {
  it('is reported with the command that chooses another, and the known names', () => {
    write('config.yaml', 'contexts:\n  one: {}\n  two: {}\ncurrent-context: three\n')
    const remedy = expect.stringContaining('`mesheryctl system context switch NAME`): "one", "two".')
    expect(() => defaultUrl({ env: {}, home })).toThrow(expect.objectContaining({ remedy }))
  })
})

describe('a context that the user chose', () => {
  const both = (): void => {
    write(
      'config.yaml',
      'contexts:\n  one: {endpoint: http://one:1, token: a}\n  Two: {endpoint: http://two:2, token: b}\n  bare: {token: a}\n  7: {endpoint: http://seven:7}\ncurrent-context: one\ntokens: [{name: a, location: a.json}, {name: b, location: b.json}]\n',
    )
    auth('a.json', 'token-a')
    auth('b.json', 'token-b', 'Layer5')
  }
  const configured = (context: string, env: Record<string, string> = {}): ReturnType<typeof platform> => {
    const one = platform(env)
    one.configure?.({ context, timeouts: { connect: 1_000, write: 1_000 } })
    return one
  }
  const env = {
    MESHERY_URL: 'http://env:1',
    MESHERY_TOKEN: 'of-env',
    MESHERY_PROVIDER: 'Env',
    MESHERY_TOKEN_PATH: '/gone',
  }

  it.each(['two', 'Two', 'TWO'])(
    'gives address and token, whatever the current one is and the environment: %s',
    async (name) => {
      both()
      const chosen = configured(name, env)
      expect(chosen.defaultAddress()).toEqual({
        url: 'http://two:2',
        source: `mesheryctl's context ${name}`,
        context: name,
      })
      expect(await chosen.readCredentials(new URL('http://two:2'))).toMatchObject({
        token: 'token-b',
        provider: 'Layer5',
      })
    },
  )

  it('may have a number as its name', () => {
    both()
    expect(configured('7').defaultUrl()).toBe('http://seven:7')
  })

  it('gives its token to no other server, and no other token is given in its place', async () => {
    both()
    for (const server of ['http://one:1', 'http://two:3', 'https://two:2', 'http://env:1'])
      expect(await configured('two', env).readCredentials(new URL(server)), server).toBeUndefined()
  })

  it('needs an endpoint where no `url` is given', () => {
    both()
    expect(() => configured('bare').defaultUrl()).toThrow('`contexts.bare.endpoint` is missing')
  })

  it.each([
    ['three', ' has no context "three": it has "7", "one", "Two", "bare"'],
    ['constructor', ' has no context "constructor": it has '],
  ])('must exist: the error names the file and lists the contexts: %s', (name, problem) => {
    both()
    expect(() => configured(name)).toThrowError(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        phase: 'options',
        message: expect.stringContaining(join(home, '.meshery', 'config.yaml') + problem),
        details: { option: 'context' },
      }),
    )
  })

  it.each([
    ['no file', () => rmSync(join(home, '.meshery'), { recursive: true }), 'there is no such file'],
    ['no contexts', () => write('config.yaml', 'tokens: []'), 'it has none'],
    ['an empty file', () => write('config.yaml', ''), 'it has none'],
  ])('is an error with %s, with the command that adds one', (_, make, problem) => {
    make()
    expect(() => configured('one')).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining(problem),
        remedy: expect.stringContaining('`mesheryctl system context create NAME`'),
      }),
    )
  })

  it('is an error without a home directory', () => {
    const homeless = nodePlatform({ env: {}, home: undefined })
    expect(() => homeless.configure?.({ context: 'one', timeouts: { connect: 1_000, write: 1_000 } })).toThrow(
      'there is no home directory',
    )
  })

  it('that is removed while the program runs keeps what was read from it', async () => {
    both()
    const chosen = configured('two')
    const server = new URL('http://two:2')
    const before = await chosen.readCredentials(server)
    write('config.yaml', 'contexts: {one: {endpoint: http://one:1}}\ncurrent-context: one')
    expect(await chosen.readCredentials(server)).toEqual(before)
  })
})

describe('a risk to a token', () => {
  const warningsOf = async (work: (of: ReturnType<typeof platform>) => unknown): Promise<string[]> => {
    const texts: string[] = []
    const one = platform()
    one.onWarning?.((text) => texts.push(text))
    await work(one)
    await work(one)
    one.close()
    return texts
  }

  it('is none where the token of a chosen context is not sent, which is reported once, without a password', async () => {
    config('http://user:password@localhost:9081')
    auth('auth.json', 'secret')
    const choose = (one: ReturnType<typeof platform>) => {
      one.configure?.({ context: 'local', timeouts: { connect: 1_000, write: 1_000 } })
      return one.readCredentials(new URL('https://meshery.example.com'))
    }
    expect(await warningsOf(choose)).toEqual([
      expect.stringMatching(
        /^The token of mesheryctl's context local is not sent to https:\/\/meshery\.example\.com: the context is of http:\/\/localhost:9081\./,
      ),
    ])
  })

  it.skipIf(process.platform === 'win32')('is reported once: other users may read its file', async () => {
    config(local)
    auth('auth.json', 'secret')
    const file = join(home, '.meshery', 'auth.json')
    chmodSync(file, 0o644)
    const readIt = (one: ReturnType<typeof platform>) => one.readCredentials(new URL(local))
    expect(await warningsOf(readIt)).toEqual([
      expect.stringMatching(`chmod 600 ${file}.*To silence this, pass a .logger. without .warn.`),
    ])
    chmodSync(file, 0o600)
    expect(await warningsOf(readIt)).toEqual([])
  })

  it('is reported once: it is sent over http to another machine', async () => {
    const send = (url: string, cookie: string) => (one: ReturnType<typeof platform>) =>
      one.fetch(url, { headers: { cookie }, signal: AbortSignal.abort() }).catch(() => {})
    expect(await warningsOf(send('http://meshery.invalid/', 'token=a; meshery-provider=b'))).toEqual([
      'The token goes to meshery.invalid without encryption. Use an https:// address. To silence this, pass a `logger` without `warn`.',
    ])
    expect(await warningsOf(send('https://meshery.invalid/', 'token=a'))).toEqual([])
    expect(await warningsOf(send('http://meshery.invalid/', 'meshery-provider=None'))).toEqual([])
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(await warningsOf(send(`http://${host}:1/`, 'token=a'))).toEqual([])
  })
})
