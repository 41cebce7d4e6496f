// Section 8: objects as maps, recursion, types, and control characters for a terminal.
import { goesOn, neverReports } from '../judge.mjs'
import { eventOf, pageOf } from '../servers/events.mjs'
import { contextOf, paths } from '../servers/hostile.mjs'
import { command, contexts, done, each, events, every, live, onOpen, raw } from './shared.mjs'

const fields = [
  'id',
  'userID',
  'systemID',
  'operationID',
  'actedUpon',
  'action',
  'category',
  'description',
  'severity',
  'status',
  'createdAt',
  'updatedAt',
  'deletedAt',
  'metadata',
]
const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']

/** One event with a hostile field is stored and pushed; a good one follows. */
const withField = (_transport, event) => ({
  anchored(server) {
    server.store(event)
    server.push(event)
    server.after(200, () => server.emit(7))
  },
})
const bothCome = ({ numbers, items }) => (items >= 1 && numbers.unique >= 1 ? [] : 'the good event did not come')
/** A hostile field must not affect the event that comes after. */
const seventh = { count: 2, ms: 2_500, lingerMs: 50 }

const named = each(names, (name) =>
  each(every, (transport) => {
    const event = eventOf(
      0,
      Object.fromEntries(
        fields.filter((field) => !['id', 'createdAt', 'metadata'].includes(field)).map((field) => [field, name]),
      ),
    )
    return {
      name: `shape: "${name}" in every text/${transport}`,
      transport,
      seconds: 5,
      server: () => withField(transport, event),
      client: events(transport, seventh),
      expect: [goesOn, bothCome],
    }
  }),
)

const ownKeys = each(every, (transport) => ({
  name: `shape: own keys "__proto__" and "constructor"/${transport}`,
  transport,
  seconds: 5,
  server: () => {
    const hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'
    return {
      store(server, response, url) {
        const text = JSON.stringify(pageOf(server.rows, url.searchParams))
        server.answer(response, text.replaceAll('{', hostile).replaceAll(',}', '}'))
        return true
      },
      start(server) {
        server.every(300, () => server.emit(server.count('emitted') - 1))
      },
    }
  },
  client: events(transport, { count: 2, ms: 3_000 }),
  expect: [goesOn, bothCome],
}))

const values = [
  ['a number', 7],
  ['null', null],
  ['true', true],
  ['a list', [1, [2]]],
  ['an object', { a: { b: 1 } }],
  ['the empty text', ''],
  ['a text of 1 MB', 'x'.repeat(1_000_000)],
  ['half a surrogate', '\ud800'],
  ['NUL', '\u0000'],
  ['1e308', 1e308],
]
const wrongTypes = each(values, ([title, value]) =>
  each(every, (transport) => ({
    name: `shape: ${title} in every field/${transport}`,
    transport,
    seconds: 5,
    server: () =>
      withField(transport, { ...eventOf(0, Object.fromEntries(fields.map((field) => [field, value]))), owner: value }),
    client: events(transport, seventh),
    expect: [goesOn, ({ numbers }) => (numbers.unique >= 1 ? [] : 'the good event did not come')],
  })),
)

const bodies = [
  ['a list', []],
  ['null', 'null'],
  ['a number', '7'],
  ['a text', '"x"'],
  ['rows that are an object', { events: { 0: {} }, totalCount: 1 }],
  ['rows that are a text', { events: 'rows', totalCount: 1 }],
  ['rows of null', { events: null, totalCount: 5 }],
  ['rows of numbers', { events: [1, 2, 3], totalCount: 3 }],
  ['rows of lists', { events: [[], [[]]], totalCount: 2 }],
  ['nothing', ''],
  ['half of JSON', '{"events":['],
  ['JSON twice', '{"events":[],"totalCount":0}{"events":[],"totalCount":0}'],
  ['JSON with a BOM', '\ufeff{"events":[],"totalCount":0}'],
]
const wrongBodies = each(bodies, ([title, body]) => [
  ...each(every, (transport) => ({
    name: `shape: the store gives ${title}/${transport}`,
    transport,
    seconds: 4,
    server: () => ({ store: (server, response) => done(server.answer(response, body)) }),
    client: events(transport, { ms: 1_300 }),
  })),
  {
    name: `shape: a state is ${title}/polling`,
    transport: 'polling',
    seconds: 4,
    server: () => ({
      state: (server, response, url) =>
        url.pathname === paths.contexts &&
        done(server.answer(response, JSON.parse(JSON.stringify(body).replaceAll('events', 'contexts')))),
    }),
    client: contexts('polling', { ms: 1_300 }),
  },
])

// --- Depth.

const depth = 50_000
const nested = (open, close) => `${open.repeat(depth)}1${close.repeat(depth)}`
const deepObject = nested('{"a":', '}')
const deepList = nested('[', ']')

const deep = each(
  [
    ['objects', deepObject],
    ['lists', deepList],
  ],
  ([title, value]) => [
    ...each(live, (transport) => ({
      name: `shape: ${depth.toLocaleString('en')} ${title} in metadata/${transport}`,
      transport,
      seconds: 6,
      server: () =>
        onOpen(transport, (server, { peer, id, response }) =>
          server.after(50, () => {
            const event = JSON.stringify(eventOf(0, { metadata: { deep: '@' } })).replace('"@"', value)
            server.stats.total = 1
            if (peer)
              peer.write(frameOf(`{"type":"next","id":"${id}","payload":{"data":{"subscribeEvents":${event}}}}`))
            else response.write(`data: ${event}\n\n`)
          }),
        ),
      client: events(transport, { count: 1, ms: 3_000 }),
      expect: [goesOn, neverReports('INVALID_OPTION')],
    })),
    ...each(
      ['extensions of errors beside data', 'extensions of an error', 'the payload of a ping', 'the acknowledgement'],
      (where) => ({
        name: `shape: ${depth.toLocaleString('en')} ${title} in ${where}/websocket`,
        transport: 'websocket',
        seconds: 6,
        server: () => ({
          message(_, peer, { type }) {
            if (where !== 'the acknowledgement' || type !== 'connection_init') return false
            peer.write(frameOf(`{"type":"connection_ack","payload":{"a":${value}}}`))
            return true
          },
          subscribed(server, id, peer) {
            const error = `[{"message":"deep","extensions":{"deep":${value}}}]`
            server.after(50, () => {
              if (where === 'extensions of errors beside data')
                peer.write(
                  frameOf(`{"type":"next","id":"${id}","payload":{"data":{"subscribeEvents":null},"errors":${error}}}`),
                )
              if (where === 'extensions of an error')
                peer.write(frameOf(`{"type":"error","id":"${id}","payload":${error}}`))
              if (where === 'the payload of a ping') peer.write(frameOf(`{"type":"ping","payload":{"a":${value}}}`))
            })
          },
        }),
        client: events('websocket', { ms: 1_800 }),
        expect: [neverReports('INVALID_OPTION')],
      }),
    ),
    {
      name: `shape: ${depth.toLocaleString('en')} ${title} in a row/polling`,
      transport: 'polling',
      seconds: 6,
      server: () => ({
        store(server, response, url) {
          const text = JSON.stringify(pageOf(server.rows, url.searchParams)).replaceAll('"@"', value)
          server.answer(response, text)
          return true
        },
        start(server) {
          server.every(400, () => server.store(eventOf(server.count('emitted') - 1, { metadata: { deep: '@' } })))
        },
      }),
      client: events('polling', { count: 1, ms: 4_000 }),
      expect: [goesOn, ({ items }) => (items > 0 ? [] : 'no event came')],
    },
    {
      name: `shape: ${depth.toLocaleString('en')} ${title} as a page/polling`,
      transport: 'polling',
      seconds: 5,
      server: () => ({ store: (server, response) => done(server.answer(response, value)) }),
      client: events('polling', { ms: 1_500 }),
    },
    {
      name: `shape: ${depth.toLocaleString('en')} ${title} in an error of a document/websocket`,
      transport: 'websocket',
      seconds: 5,
      server: () => ({
        subscribed: (_, id, peer) =>
          peer.write(frameOf(`{"type":"error","id":"${id}","payload":[{"message":"m","extensions":{"a":${value}}}]}`)),
      }),
      client: raw({ ms: 1_500 }),
      expect: [neverReports('INVALID_OPTION')],
    },
    {
      name: `shape: ${depth.toLocaleString('en')} ${title} in a state/polling`,
      transport: 'polling',
      seconds: 6,
      server: () => ({
        state(server, response, url) {
          if (url.pathname !== paths.contexts) return false
          server.answer(
            response,
            JSON.stringify({ totalCount: 1, contexts: [contextOf(1, { extra: '@' })] }).replace('"@"', value),
          )
          return true
        },
      }),
      client: contexts('polling', { count: 1, ms: 2_500 }),
      expect: [({ items }) => (items > 0 ? [] : 'no value came')],
    },
  ],
)

// --- The command line.

const evil = '\u001b[31m\u009b2J\u0007\u007f\u0085\u202e\u2066\u2028\u2029\u061c\u200e\u200fend'
/** Control characters, C1, DEL, separators and bidi controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

/** It has done its work, or was interrupted. */
const endsWell = ({ code, signal }) => code === 0 || signal === 'SIGINT'

const harmless = ({ cli }) => {
  const problems = []
  for (const name of ['stdout', 'stderr']) if (controls.test(cli[name])) problems.push(`${name} controls the terminal`)
  if (!endsWell(cli)) problems.push(`exit ${cli.code ?? cli.signal}: ${cli.stderr.slice(-200)}`)
  return problems
}

const printed = each(['pretty', 'wide', 'json'], (output) => [
  ...each(
    [
      [
        'steering text',
        eventOf(0, {
          severity: evil,
          action: evil,
          category: evil,
          description: `event 0 ${evil}`,
          status: evil,
          metadata: { error: { LongDescription: [evil], ProbableCause: [evil], [evil]: evil } },
        }),
      ],
      ...names.map((name) => [
        `"${name}"`,
        eventOf(0, {
          severity: name,
          action: name,
          category: name,
          status: name,
          metadata: { [name]: name, error: { [name]: name } },
        }),
      ]),
      [
        'wrong types',
        eventOf(0, {
          severity: {},
          action: [],
          category: 7,
          status: true,
          metadata: { error: [{ LongDescription: { a: 1 } }] },
        }),
      ],
      ['errors without a shape', eventOf(0, { metadata: { error: 7, Error: [[]], LongDescription: {} } })],
    ],
    ([title, event]) => ({
      name: `shape: events -o ${output}, ${title}/websocket`,
      transport: 'websocket',
      seconds: 18,
      server: () => ({
        subscribed(server) {
          server.every(200, () => {
            const one = { ...event, ...idOf(server.count('emitted')) }
            server.store(one)
            server.push(one)
          })
        },
      }),
      client: command(['events', '--transport', 'websocket', '--count', '2', '-o', output], { interruptMs: 5_000 }),
      expect: [harmless, ({ cli }) => (cli.stdout.trim() === '' ? 'nothing was printed' : [])],
    }),
  ),
  ...each(
    [
      ['objects', deepObject],
      ['lists', deepList],
    ],
    ([title, value]) => ({
      name: `shape: events -o ${output}, ${depth.toLocaleString('en')} ${title} in metadata/websocket`,
      transport: 'websocket',
      seconds: 18,
      server: () => ({
        subscribed(server, id, peer) {
          const event = JSON.stringify(eventOf(0, { metadata: { deep: '@', error: '@' } })).replaceAll('"@"', value)
          server.after(200, () =>
            peer.write(frameOf(`{"type":"next","id":"${id}","payload":{"data":{"subscribeEvents":${event}}}}`)),
          )
        },
      }),
      client: command(['events', '--transport', 'websocket', '--count', '1', '-o', output], { interruptMs: 5_000 }),
      expect: [({ cli }) => (endsWell(cli) ? [] : `exit ${cli.code ?? cli.signal}: ${cli.stderr.slice(-200)}`)],
    }),
  ),
  ...each([['steering text', evil], ...names.map((name) => [`"${name}"`, name])], ([title, text]) => ({
    name: `shape: contexts -o ${output}, ${title}/polling`,
    transport: 'polling',
    seconds: 17,
    server: () => ({
      start(server) {
        server.contexts = [contextOf(1, { name: text, version: text, server: text, deploymentType: text })]
      },
    }),
    client: command(['contexts', '--transport', 'polling', '--once', '-o', output], { interruptMs: 5_000 }),
    expect: [harmless],
  })),
])
const idOf = (number) => {
  const { id, operationID, createdAt } = eventOf(number)
  return { id, operationID, createdAt }
}

const refusals = each(['pretty', 'json'], (output) => ({
  name: `shape: an error with control characters, -o ${output}/polling`,
  transport: 'polling',
  seconds: 17,
  server: () => ({ store: (server, response) => done(server.answer(response, { error: evil }, 403)) }),
  client: command(['events', '--transport', 'polling', '-o', output, '--verbose'], { interruptMs: 2_500 }),
  expect: [({ cli }) => (controls.test(cli.stderr) || controls.test(cli.stdout) ? 'controls the terminal' : [])],
}))

// --- Functions of the user.

const functions = each(
  [
    [
      'throws',
      () => {
        throw new Error('where')
      },
      true,
    ],
    ['returns a promise', async () => true, true],
    ['returns a promise that rejects', () => Promise.reject(new Error('where')), true],
    [
      'throws undefined',
      () => {
        throw undefined
      },
      true,
    ],
    ['returns a text', () => 'yes', false],
  ],
  ([title, where, fails]) =>
    each(every, (transport) => ({
      name: `shape: \`where\` ${title}/${transport}`,
      transport,
      seconds: 5,
      server: () => ({ anchored: (server) => server.every(200, () => server.emit(server.count('emitted') - 1)) }),
      client: events(transport, { ms: 2_000, args: { where } }),
      expect: [
        ({ error }) =>
          !fails || error?.code === 'CALLBACK_FAILED' ? [] : `ends with ${error?.code}, not CALLBACK_FAILED`,
      ],
    })),
)

const notices = each(every, (transport) => ({
  name: `shape: \`onNotice\` and \`logger\` throw/${transport}`,
  transport,
  seconds: 5,
  server: () => ({ anchored: (server) => server.every(200, () => server.emit(server.count('emitted') - 1)) }),
  async client(context) {
    const fail = () => {
      throw new Error('listener')
    }
    const meshery = context.meshery({
      transports: [transport],
      logger: { debug: fail, info: fail, warn: fail, error: fail },
    })
    await context.follow((more) => meshery.subscribeEvents({}, { ...more, onNotice: fail }), { ms: 1_500 })
  },
}))

const afterClose = each(every, (transport) => ({
  name: `shape: \`where\` after close()/${transport}`,
  transport,
  seconds: 6,
  server: () => ({ anchored: (server) => server.every(20, () => server.emit(server.count('emitted') - 1)) }),
  async client(context) {
    let closed = false
    let calls = 0
    const meshery = context.meshery({ transports: [transport] })
    const where = () => {
      if (closed) calls++
      return true
    }
    const subscription = await context.follow((more) => meshery.subscribeEvents({ where }, more), {
      ms: 1_200,
      lingerMs: 0,
    })
    closed = true
    await subscription.close()
    await new Promise((resolve) => setTimeout(resolve, 400).unref())
    context.facts = { calls }
  },
  expect: [({ facts }) => (facts?.calls > 0 ? `\`where\` was called ${facts.calls} times after close()` : [])],
}))

function frameOf(text) {
  const body = Buffer.from(text)
  const head = Buffer.alloc(10)
  head[0] = 0x81
  head[1] = 127
  head.writeBigUInt64BE(BigInt(body.length), 2)
  return Buffer.concat([head, body])
}
export const shapes = [
  ...named,
  ...ownKeys,
  ...wrongTypes,
  ...wrongBodies,
  ...deep,
  ...printed,
  ...refusals,
  ...functions,
  ...notices,
  ...afterClose,
]
