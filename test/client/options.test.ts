import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { readEventsArguments } from '../../src/client/events-arguments.ts'
import { type MesheryOptions, type ResolvedOptions, readOptions } from '../../src/client/options.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { runsOf } from '../sample.ts'

const node: Platform = {
  ...nodePlatform({
    env: { MESHERY_URL: 'http://default:9081', MESHERY_TOKEN: 'from-env' },
    home: '/nonexistent',
  }),
  // No server exists here to list its providers.
  findProvider: async () => null,
}
const read = (options: MesheryOptions = {}): ResolvedOptions => readOptions(options, node)

/** The error for options that the compiler would not accept. */
const refusal = (options: unknown, platform = node): MesheryError => {
  try {
    readOptions(options as MesheryOptions, platform)
  } catch (error) {
    if (error instanceof MesheryError) {
      expect(error).toMatchObject({ code: 'INVALID_OPTION', phase: 'options', retryable: false })
      return error
    }
    throw error
  }
  throw new Error('nothing was refused')
}

it('every option has its default', () => {
  expect(read()).toMatchObject({
    url: new URL('http://default:9081'),
    headers: {},
    transports: ['websocket', 'sse', 'polling'],
    attempts: Number.POSITIVE_INFINITY,
    timeouts: {
      connect: 10_000,
      open: 10_000,
      write: 10_000,
      request: 10_000,
      ping: 20_000,
      pong: 8_000,
      idleSSE: 45_000,
      firstByte: 20_000,
      close: 1_000,
      poll: 5_000,
      pollMax: 30_000,
    },
    settle: 2_000,
    buffer: 1_000,
  })
  expect(read().connectionParams).toBeUndefined()
  expect(read().signal).toBeUndefined()
})

it('a time limit that follows another one, or has an older name, can be set by either', () => {
  const timeouts = (given: MesheryOptions['timeouts']) => read({ timeouts: given }).timeouts
  expect(timeouts({ connect: 300 })).toMatchObject({ connect: 300, open: 300 })
  expect(timeouts({ connect: 300, open: 700 })).toMatchObject({ connect: 300, open: 700 })
  expect(timeouts({ open: 700 })).toMatchObject({ connect: 10_000, open: 700 })
  expect(timeouts({ silence: 900 })).toMatchObject({ idleSSE: 900 })
  expect(timeouts({ idleSSE: 800, silence: 900 })).toMatchObject({ idleSSE: 800 })
  expect(timeouts({ silence: 900 })).not.toHaveProperty('silence')
})

it('undefined means the default, for each option', () => {
  const names = [
    'url',
    'token',
    'provider',
    'credentials',
    'connectionParams',
    'headers',
    'transports',
    'retry',
    'timeouts',
  ]
  const more = ['polling', 'settle', 'buffer', 'logger', 'signal']
  const none = Object.fromEntries([...names, ...more].map((name) => [name, undefined]))
  const strip = ({ credentials: _, ...rest }: ResolvedOptions): unknown => rest
  expect(strip(read(none))).toEqual(strip(read()))
  expect(
    read({ timeouts: { ping: undefined }, retry: { attempts: undefined }, polling: { interval: undefined } }).timeouts,
  ).toEqual(read().timeouts)
})

describe('context', () => {
  it('must be a name', () => {
    const allowed = /^`context` was given .*; it takes the name of a context of mesheryctl$/
    for (const context of [7, null, ['a'], {}, '', '  ']) expect(refusal({ context }).message).toMatch(allowed)
  })

  it('must exist, also where `url` is given', () => {
    for (const url of [undefined, 'http://x']) {
      const { message, details } = refusal({ context: 'gone', url })
      expect(message).toMatch(/config\.yaml has no context "gone": there is no such file$/)
      expect(details).toEqual({ option: 'context' })
    }
  })

  it('is an option of Node alone', () => {
    expect(refusal({ context: 'a' }, browserPlatform).message).toMatch(
      /^`context` was given here; it takes its place only in Node/,
    )
  })
})

describe('url', () => {
  it.each([
    ['http://a:9081', 'http://a:9081/'],
    ['https://a/', 'https://a/'],
    ['ws://a:1', 'http://a:1/'],
    ['wss://a', 'https://a/'],
    ['WSS://A', 'https://a/'],
    [' http://a ', 'http://a/'],
    ['http://[::1]:9081', 'http://[::1]:9081/'],
    ['https://a/meshery', 'https://a/meshery/'],
    ['https://a/meshery//', 'https://a/meshery/'],
    ['ws://a:1/api/system/graphql/query', 'http://a:1/'],
    ['wss://a/meshery/api/system/graphql/query?contexts=all', 'https://a/meshery/'],
    ['https://a/meshery/api/system/events/subscribe', 'https://a/meshery/'],
    ['http://a:9081/api/system/version', 'http://a:9081/'],
    ['https://a/api/meshery', 'https://a/api/meshery/'],
    ['https://me:hidden@a', 'https://a/'],
  ])('reads %j as %s', (given, expected) => {
    expect(read({ url: given }).url.href).toBe(expected)
    if (given.trim() === given) expect(read({ url: new URL(given) }).url.href).toBe(expected)
  })

  it.each([
    ['localhost:9081', 'without a scheme'],
    ['meshery.example.com', 'without a scheme'],
    ['', 'without a scheme'],
    ['ftp://a', 'scheme "ftp"'],
    ['http://', 'http(s)://host'],
    ['http://a b', 'http(s)://host'],
    ['http://a?x=1', 'query'],
    ['http://a/#x', 'hash'],
    [7, '7'],
    [null, 'null'],
    [{}, 'an object'],
  ])('refuses %j', (url, reason) => {
    const { message, details } = refusal({ url })
    expect(message).toMatch(/^`url` was given /)
    expect(message).toContain(reason)
    expect(details).toEqual({ option: 'url' })
  })

  it.each([
    'http://me:hidden@a b',
    'me:hidden@a:1',
    'http://a/?token=hidden',
    'http://a/#hidden',
    'http://a:hidden@b:c',
  ])('refuses %j without showing what may be secret', (url) => {
    expect(refusal({ url }).message).not.toContain('hidden')
  })

  it.each([
    ['https://me:hidden@a', 'Basic bWU6aGlkZGVu'],
    ['https://m%40x:p%3Aw@a', 'Basic bUB4OnA6dw=='],
    ['https://me:100%@a', 'Basic bWU6MTAwJQ=='],
    ['https://käthe:ü@a', `Basic ${Buffer.from('käthe:ü').toString('base64')}`],
  ])('sends the user and the password of %j to the gateway', (url, authorization) => {
    expect(read({ url }).headers).toEqual({ authorization })
  })

  it('prefers an authorization header that is given', () => {
    expect(read({ url: 'https://me:hidden@a', headers: { Authorization: 'Bearer x' } }).headers).toEqual({
      authorization: 'Bearer x',
    })
  })

  it('refuses a user in a page, which cannot set headers', () => {
    const { message } = refusal({ url: 'https://me:hidden@a' }, { ...node, setsHeaders: false })
    expect(message).toContain('an address with a user')
    expect(message).not.toContain('hidden')
  })

  it('names the default where the default does not fit', () => {
    const broken = nodePlatform({ env: { MESHERY_URL: 'localhost' }, home: '/nonexistent' })
    expect(refusal({}, broken).message).toBe(
      'No `url` is given, and MESHERY_URL is "localhost" without a scheme: it takes an address such as http://localhost:9081',
    )
    const port = nodePlatform({ env: { MESHERY_URL: 'localhost:19443' }, home: '/nonexistent' })
    expect(refusal({}, port).message).toContain('MESHERY_URL is "localhost:19443" without a scheme')
    const unreadable = nodePlatform({ env: { MESHERY_URL: 'ftp://meshery' }, home: '/nonexistent' })
    expect(refusal({}, unreadable).message).toContain('MESHERY_URL is "ftp://meshery", which is not http or https')
    const secret = nodePlatform({ env: { MESHERY_URL: 'me:hidden@meshery.example.com' }, home: '/nonexistent' })
    expect(refusal({}, secret).message).not.toContain('hidden')
    const query = nodePlatform({ env: { MESHERY_URL: 'http://a?b' }, home: '/nonexistent' })
    expect(refusal({}, query).message).toMatch(/^`url \(by default\)` was given an address with a query/)
  })
})

describe('identity', () => {
  const loaded = async (options: MesheryOptions): Promise<Record<string, string>> => {
    const credentials = new Credentials(read(options).credentials)
    await credentials.load()
    return credentials.params()
  }

  it('is a fixed token and provider, or one of them', async () => {
    expect(await loaded({ token: 'abc', provider: 'Local' })).toEqual({ token: 'abc', 'meshery-provider': 'Local' })
    expect(await loaded({ token: 'abc' })).toEqual({ token: 'abc' })
    expect(await loaded({ provider: 'Local' })).toEqual({ 'meshery-provider': 'Local' })
    expect(await loaded({ token: '' })).toEqual({})
  })

  it("is the function's answer, with the provider option as the default", async () => {
    expect(await loaded({ credentials: () => ({ token: 'abc' }), provider: 'Layer5' })).toEqual({
      token: 'abc',
      'meshery-provider': 'Layer5',
    })
    expect(
      await loaded({ credentials: async () => ({ token: 'abc', provider: 'Local' }), provider: 'Layer5' }),
    ).toEqual({ token: 'abc', 'meshery-provider': 'Local' })
  })

  it("is the platform's where no option is given", async () => {
    expect(await loaded({})).toEqual({ token: 'from-env' })
  })

  it('comes from no source where it is given', async () => {
    const read = (): never => {
      throw new Error('a source was read')
    }
    const platform = { ...node, defaultUrl: read, readCredentials: read }
    for (const given of [{ token: 'abc' }, { provider: 'None' }, { token: '' }, { credentials: () => ({}) }]) {
      const options = readOptions({ url: 'http://x', ...given }, platform)
      await new Credentials(options.credentials).load()
    }
  })

  it('is refused only by its type', () => {
    expect(refusal({ token: 'hidden\n;' }).message).toMatch(/^`token` was given a text that a cookie cannot hold/)
    expect(refusal({ provider: 5 }).message).toMatch(/^`provider` was given a number/)
    expect(refusal({ token: ['hidden'] }).message).toMatch(/^`token` was given a list/)
    expect(refusal({ token: null }).message).toMatch(/^`token` was given null/)
    expect(refusal({ credentials: { token: 'hidden' } }).message).toMatch(
      /^`credentials` was given an object; it takes a function/,
    )
    expect(refusal({ credentials: () => ({}), token: 'hidden' }).message).toContain('beside `credentials`')
  })
})

describe('headers', () => {
  it('are sent with their names in lower case', () => {
    expect(read({ headers: { 'X-Api-Key': 'a', Authorization: 'Bearer b' } }).headers).toEqual({
      'x-api-key': 'a',
      authorization: 'Bearer b',
    })
  })

  it.each([
    [{ 'bad name': 'hidden' }, '"bad..."'],
    [{ Upgrade: 'hidden' }, '"Upgrade"'],
    [{ 'sec-websocket-protocol': 'hidden' }, '"sec-websocket-protocol"'],
    [{ 'x-a': 'hidden\r\nx-b: 1' }, '"x-a"'],
    [{ 'x-a': ['hidden'] }, '"x-a"'],
    [{ 'x-a': 'hidden €' }, '"x-a"'],
    [['hidden'], 'a list'],
    ['hidden', 'a text'],
  ])('are refused when they cannot be sent: %j', (headers, named) => {
    const { message } = refusal({ headers })
    expect(message).toContain('`headers`')
    expect(message).toContain(named)
    expect(message).not.toContain('hidden')
  })

  it('are refused in a browser, whose WebSocket cannot send them', () => {
    const url = 'https://a'
    expect(readOptions({ url, headers: {} }, browserPlatform).headers).toEqual({})
    expect(refusal({ url, headers: { a: 'hidden' } }, browserPlatform).message).toMatch(/`headers`.*browser/)
  })
})

describe('transports', () => {
  it('are any of the three in any order', () => {
    expect(read({ transports: ['polling', 'websocket'] }).transports).toEqual(['polling', 'websocket'])
  })

  it.each([[[]], [['sse', 'sse']], [['SSE']], [['websocket', 7]], ['sse'], [{}], [new Array(2)]])(
    'refuse %j',
    (transports) => {
      expect(refusal({ transports }).message).toMatch(
        /^`transports` was given .*; it takes one or more of websocket, sse, polling, each once$/,
      )
    },
  )
})

describe('numbers', () => {
  it('are accepted in their range', () => {
    const options = read({ retry: { attempts: 0 }, timeouts: { ping: 1, connect: 2 ** 31 - 1 }, settle: 0, buffer: 1 })
    expect(options).toMatchObject({
      attempts: 0,
      settle: 0,
      buffer: 1,
      timeouts: { ping: 1, connect: 2 ** 31 - 1, pong: 8_000 },
    })
  })

  it.each([
    [{ settle: -1 }, 'settle'],
    [{ settle: '2s' }, 'settle'],
    [{ settle: Number.NaN }, 'settle'],
    [{ buffer: 0 }, 'buffer'],
    [{ buffer: 1.5 }, 'buffer'],
    [{ buffer: Number.POSITIVE_INFINITY }, 'buffer'],
    [{ retry: { attempts: -1 } }, 'retry.attempts'],
    [{ retry: { attempts: 1.5 } }, 'retry.attempts'],
    [{ retry: 5 }, 'retry'],
    [{ timeouts: { ping: 0 } }, 'timeouts.ping'],
    [{ timeouts: { open: 0 } }, 'timeouts.open'],
    [{ timeouts: { write: -1 } }, 'timeouts.write'],
    [{ timeouts: { idleSSE: 0 } }, 'timeouts.idleSSE'],
    [{ timeouts: { silence: 0 } }, 'timeouts.silence'],
    [{ timeouts: { connect: 2 ** 31 } }, 'timeouts.connect'],
    [{ timeouts: [] }, 'timeouts'],
    [{ timeouts: null }, 'timeouts'],
    [{ polling: { interval: 0 } }, 'polling.interval'],
    [{ polling: { maxInterval: 0 } }, 'polling.maxInterval'],
  ])('are refused outside it: %j', (options, name) => {
    expect(refusal(options).message.startsWith(`\`${name}\` was given `)).toBe(true)
  })

  it('polling grows from the interval to the longest one, which is never shorter', () => {
    expect(read({ polling: { interval: 1_000 } }).timeouts).toMatchObject({ poll: 1_000, pollMax: 30_000 })
    expect(read({ polling: { interval: 60_000 } }).timeouts).toMatchObject({ poll: 60_000, pollMax: 60_000 })
    expect(read({ polling: { maxInterval: 5_000 } }).timeouts).toMatchObject({ poll: 5_000, pollMax: 5_000 })
    expect(refusal({ polling: { interval: 60_000, maxInterval: 5_000 } }).message).toContain(
      '`polling.maxInterval` was given 5000',
    )
    expect(refusal({ polling: { maxInterval: 1_000 } }).message).toContain('`polling.maxInterval` was given 1000')
  })
})

describe('the other options', () => {
  it('are accepted unchanged', () => {
    const signal = new AbortController().signal
    const connectionParams = { a: 1 }
    const options = read({ logger: console, signal, connectionParams })
    expect(options).toMatchObject({ logger: console, signal, connectionParams })
    expect(read({ logger: { warn: () => {} } }).logger.warn).toBeTypeOf('function')
  })

  it.each([
    [{ logger: { warn: 'loud' } }, 'logger'],
    [{ logger: 'loud' }, 'logger'],
    [{ signal: {} }, 'signal'],
    [{ signal: new AbortController() }, 'signal'],
    [{ connectionParams: 'hidden' }, 'connectionParams'],
    [{ connectionParams: ['hidden'] }, 'connectionParams'],
  ])('are refused when they have another type: %o', (options, name) => {
    expect(refusal(options).message.startsWith(`\`${name}\` was given `)).toBe(true)
    expect(refusal(options).message).not.toContain('hidden')
  })
})

describe('an unknown name', () => {
  it.each([
    [{ tokn: 'hidden' }, 'options', 'token'],
    [{ Url: 'x' }, 'options', 'url'],
    [{ transport: ['sse'] }, 'options', 'transports'],
    [{ timeout: 5 }, 'options', 'timeouts'],
    [{ timeouts: { first_byte: 5 } }, 'timeouts', 'firstByte'],
    [{ retry: { attempt: 5 } }, 'retry', 'attempts'],
    [{ polling: { intervall: 5 } }, 'polling', 'interval'],
  ])('is reported, with the nearest one and all known names: %j', (options, group, nearest) => {
    const { message } = refusal(options)
    expect(message.startsWith(`\`${group}\` was given the unknown name `)).toBe(true)
    expect(message.slice(message.indexOf('it takes'))).toContain(nearest)
    expect(message).toContain(`(did you mean \`${nearest}\`?)`)
    expect(message).not.toContain('hidden')
  })
})

it('any value is either accepted or refused with a MesheryError', () => {
  for (const given of [null, 7, 'x', [], () => {}]) refusal(given)
  const names = [
    'url',
    'token',
    'credentials',
    'headers',
    'transports',
    'retry',
    'timeouts',
    'polling',
    'settle',
    'buffer',
    'logger',
    'signal',
  ]
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.anything(), { maxKeys: 3 }), (options) => {
      try {
        expect(readOptions(options as MesheryOptions, node).url).toBeInstanceOf(URL)
      } catch (error) {
        expect(error).toBeInstanceOf(MesheryError)
      }
    }),
    { numRuns: runsOf(100) },
  )
})

describe('an option that may hold a secret', () => {
  const hidden = 'Hidden-7'
  const many: readonly unknown[] = [
    hidden,
    `http://me:${hidden}@host`,
    `me:${hidden}@host:9081`,
    `me:${hidden}`,
    `http://me:${hidden}`,
    `http://me:${hidden}%40host`,
    `http://me:${hidden}＠host`,
    `http:me:${hidden}@host`,
    `//me:${hidden}@host`,
    `http://host/?token=${hidden}`,
    `http://host/#${hidden}`,
    `ftp://me:${hidden}@host`,
    [hidden],
    [`http://me:${hidden}@host`],
    { token: hidden },
    { [`Authorization: Bearer ${hidden}`]: '' },
    { authorization: { value: hidden } },
    { authorization: [hidden] },
    { authorization: `Bearer ${hidden}\n` },
    new Map([['authorization', hidden]]),
    new URL(`http://me:${hidden}@host`),
    Symbol(hidden),
    () => hidden,
    BigInt(7),
  ]
  const secretive = ['token', 'provider', 'credentials', 'connectionParams', 'headers', 'url'] as const
  const shown = (options: unknown, platform: Platform): string => {
    try {
      readOptions(options as MesheryOptions, platform)
      return ''
    } catch (error) {
      return inspect(error, { depth: 9 })
    }
  }

  it.each(secretive)('is not shown by an error of `%s`', (name) => {
    for (const value of many) {
      // A single word is a valid address, and a key is not a secret.
      if (name === 'url' && value === hidden) continue
      for (const platform of [node, browserPlatform])
        expect(shown({ url: 'http://a', [name]: value }, platform)).not.toContain(hidden)
    }
  })

  it('is not shown where it is given in place of the options, or under another name', () => {
    for (const value of many) {
      expect(shown(value, node)).not.toContain(hidden)
      expect(shown({ url: 'http://a', timeouts: value }, node)).not.toContain(hidden)
    }
  })

  it('is not shown where it is the address of the environment', () => {
    const broken = nodePlatform({ env: { MESHERY_URL: `http://me:${hidden}@a` }, home: '/nonexistent' })
    expect(shown({}, broken)).not.toContain(hidden)
  })
})

describe('an empty list as a filter of events', () => {
  it.each(['severity', 'category', 'action', 'status', 'actedUpon'])('is refused: %s', (name) => {
    expect(() => readEventsArguments({ [name]: [] })).toThrow(`\`${name}\` was given []; it takes one or more texts`)
  })
})
