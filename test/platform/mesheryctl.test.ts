import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodePlatform } from '../../src/platform/node.ts'
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
const read = (server: string, env: Record<string, string> = {}) => platform(env).readCredentials(new URL(server))

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
    expect(platform().defaultAddress()).toEqual({ url: 'http://localhost:9081', source: "mesheryctl's context local" })
    const env = { MESHERY_URL: 'http://env:1' }
    expect(platform(env).defaultAddress()).toEqual({ url: 'http://env:1', source: 'MESHERY_URL' })
  })

  it('is looked up anew at each call', () => {
    const env: Record<string, string> = {}
    const one = platform(env)
    expect(one.defaultUrl()).toBe('http://localhost:9081')
    env['MESHERY_URL'] = 'http://env:1'
    expect(one.defaultUrl()).toBe('http://env:1')
  })

  it('says which file is broken, and asks for an option', () => {
    write('config.yaml', 'contexts: [unclosed')
    expect(() => platform().defaultUrl()).toThrowError(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        phase: 'options',
        message: expect.stringContaining('config.yaml'),
      }),
    )
  })

  it.each([
    '',
    'just text',
    '[]',
    'contexts: 7',
    'current-context: gone',
    'contexts: {local: null}\ncurrent-context: local',
  ])('is localhost when config.yaml holds %j', (text) => {
    write('config.yaml', text)
    expect(platform().defaultUrl()).toBe('http://localhost:9081')
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

  it('goes only to the scheme, host and port of its context (law 8)', async () => {
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

  it('takes the port of the scheme for the same as none', async () => {
    config('https://meshery.example.com:443')
    auth('auth.json', 'abc')
    expect(await read('https://meshery.example.com')).toMatchObject({ token: 'abc' })
  })

  it('goes nowhere without an address it belongs to', async () => {
    auth('auth.json', 'abc')
    expect(await read('http://localhost:9081')).toBeUndefined()
    config('localhost:9081')
    expect(await read('http://localhost:9081')).toBeUndefined()
  })

  it('is in auth.json when the entry or the context names no place', async () => {
    auth('auth.json', 'abc')
    config('http://localhost:9081', 'default', '- name: default')
    expect(await read('http://localhost:9081')).toMatchObject({ token: 'abc' })
    config('http://localhost:9081', '""')
    expect(await read('http://localhost:9081')).toMatchObject({ token: 'abc' })
  })

  it('is nowhere when its name is not listed or its file is not there', async () => {
    config('http://localhost:9081', 'missing')
    auth('auth.json', 'abc')
    expect(await read('http://localhost:9081')).toBeUndefined()
    config('http://localhost:9081', 'default', '- name: default\n  location: gone.json')
    expect(await read('http://localhost:9081')).toBeUndefined()
  })

  it('may lie at an absolute path', async () => {
    const path = join(home, 'elsewhere.json')
    writeFileSync(path, '{"token":"far","meshery-provider":"Layer5"}')
    config('http://localhost:9081', 'default', `- name: default\n  location: ${path}`)
    expect(await read('http://localhost:9081')).toEqual({ token: 'far', provider: 'Layer5' })
  })

  it('may be empty, as with the Local provider', async () => {
    config('http://localhost:9081')
    auth('auth.json', '', 'None')
    expect(await read('http://localhost:9081')).toEqual({ provider: 'None' })
  })

  it('is read anew at each call', async () => {
    config('http://localhost:9081')
    const one = platform()
    const server = new URL('http://localhost:9081')
    auth('auth.json', 'first')
    expect(await one.readCredentials(server)).toMatchObject({ token: 'first' })
    auth('auth.json', 'second')
    expect(await one.readCredentials(server)).toMatchObject({ token: 'second' })
  })

  it.each(['{"token":"very-secret"', 'very-secret', '{"token":"very;secret"}', '{"token":{"very-secret":1}}'])(
    'is unreadable in a file with %j, and the error does not quote it',
    async (text) => {
      config('http://localhost:9081')
      write('auth.json', text)
      const error = await failure(read('http://localhost:9081'))
      expect(error).toMatchObject({
        code: 'CREDENTIALS_UNREADABLE',
        phase: 'credentials',
        message: expect.stringContaining('auth.json'),
      })
      expect(inspect(error, { depth: null })).not.toMatch(/very.secret/)
    },
  )

  it('is unreadable in a folder of that name', async () => {
    config('http://localhost:9081')
    mkdirSync(join(home, '.meshery', 'auth.json'))
    expect(await failure(read('http://localhost:9081'))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('EISDIR'),
    })
  })

  it('is unreadable without the permission', async () => {
    config('http://localhost:9081')
    auth('auth.json', 'abc')
    chmodSync(home, 0o755)
    chmodSync(join(home, '.meshery', 'auth.json'), 0)
    // Root may read everything, and so is nobody for a moment.
    const nobody = 65_534
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(nobody)
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

  it('comes before every file', async () => {
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

  it('may name a file under ~', async () => {
    auth('mine.json', 'abc')
    expect(await read(server, { MESHERY_TOKEN_PATH: '~/.meshery/mine.json' })).toMatchObject({ token: 'abc' })
  })

  it('must name a file that is there', async () => {
    expect(await failure(read(server, { MESHERY_TOKEN_PATH: join(home, 'gone.json') }))).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('MESHERY_TOKEN_PATH'),
    })
  })

  it("takes mesheryctl's token only for the provider it was made for", async () => {
    config(server)
    auth('auth.json', 'abc', 'Meshery')
    expect(await read(server, { MESHERY_PROVIDER: 'Meshery' })).toEqual({ token: 'abc', provider: 'Meshery' })
    expect(await read(server, { MESHERY_PROVIDER: 'Local' })).toEqual({ provider: 'Local' })
  })
})
