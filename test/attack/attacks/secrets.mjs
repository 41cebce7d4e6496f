// Sections 6 and 7: no secret is shown, and no stray cookie takes the place of the token.
import { goesOn, losesNothing } from '../judge.mjs'
import { formsOf, secrets } from '../secrets.mjs'
import { command, contexts, done, each, emitting, events, every, few, first, join, onOpen, raw } from './shared.mjs'

/** Everything that is secret, in one form, as one text. */
const echoOf = (form) =>
  Object.values(secrets)
    .map((secret) => formsOf(secret)[form])
    .join(' ')
const forms = ['plain', 'url', 'base64']

const refusal = (status, text, headers = '') =>
  `HTTP/1.1 ${status} No\r\n${headers}content-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`

/** How a server returns what it knows: the name, the transport, the hooks. */
const channels = [
  [
    'the reason of a close',
    'websocket',
    (text) => ({
      subscribed: (server, _, peer) => server.after(50, () => peer.close(4_000, Buffer.from(text).subarray(0, 123))),
    }),
  ],
  [
    'the reason of a refusing close',
    'websocket',
    (text) => ({
      message: (_, peer, { type }) =>
        type === 'connection_init' && done(peer.close(4_401, Buffer.from(text).subarray(0, 123))),
    }),
  ],
  [
    'a GraphQL error',
    'websocket',
    (text) => ({
      subscribed: (_, id, peer) =>
        peer.json({ type: 'error', id, payload: [{ message: text, extensions: { code: 'X', echo: text } }] }),
    }),
  ],
  [
    'errors beside data',
    'websocket',
    (text) =>
      onOpen('websocket', (server, { peer, id }) =>
        server.after(50, () =>
          peer.next(
            id,
            { subscribeEvents: null },
            { errors: [{ message: text, path: [text], extensions: { [text]: text, deep: [{ echo: text }] } }] },
          ),
        ),
      ),
  ],
  [
    'the body of a refused upgrade',
    'websocket',
    (text) => ({ upgrade: (_, __, socket) => done(socket.end(refusal(500, text))) }),
  ],
  [
    'a header of a refused upgrade',
    'websocket',
    (text) => ({
      upgrade: (_, __, socket) =>
        done(
          socket.end(
            refusal(
              302,
              'x',
              `location: https://login.example/?back=${encodeURIComponent(text)}\r\nserver: ${text}\r\n`,
            ),
          ),
        ),
    }),
  ],
  [
    'the status text of a refused upgrade',
    'websocket',
    (text) => ({ upgrade: (_, __, socket) => done(socket.end(`HTTP/1.1 400 ${text}\r\ncontent-length: 0\r\n\r\n`)) }),
  ],
  [
    'a wrong sub-protocol',
    'websocket',
    (text) => ({
      upgrade: (server, request, socket) =>
        done(server.accept(request, socket, { protocol: text.replaceAll(' ', '') })),
    }),
  ],
  [
    'a broken frame',
    'websocket',
    (text) => ({
      subscribed: (_, __, peer) =>
        peer.write(
          Buffer.concat([Buffer.from([0x81, Math.min(125, text.length)]), Buffer.from(text).subarray(0, 125)]),
        ),
    }),
  ],
  [
    'the type of a message',
    'websocket',
    (text) => ({ subscribed: (_, __, peer) => peer.json({ type: text, id: text }) }),
  ],
  [
    'the body of a refused stream',
    'sse',
    (text) => ({ sse: (server, response) => done(server.answer(response, { error: text, message: text }, 500)) }),
  ],
  [
    'a page in place of a stream',
    'sse',
    (text) => ({
      sse: (server, response) =>
        done(server.answer(response, `<html><title>${text}</title>${text}`, 200, { 'content-type': 'text/html' })),
    }),
  ],
  [
    'a broken message of a stream',
    'sse',
    (text) => ({ listening: (_, response) => response.write(`data: ${text}\n\n`) }),
  ],
  [
    'a type of content',
    'sse',
    (text) => ({
      sse: (server, response) =>
        done(server.answer(response, 'x', 200, { 'content-type': `text/${text.replaceAll(' ', '')}` })),
    }),
  ],
  [
    'the body of a 500 of the store',
    'polling',
    (text) => ({ store: (server, response) => done(server.answer(response, text, 500)) }),
  ],
  [
    'the JSON of a 403 of the store',
    'polling',
    (text) => ({
      store: (server, response) =>
        done(server.answer(response, { error: text, details: { long_description: text } }, 403)),
    }),
  ],
  [
    'not a page',
    'polling',
    (text) => ({ store: (server, response) => done(server.answer(response, { [text]: text })) }),
  ],
  ['not JSON', 'polling', (text) => ({ store: (server, response) => done(server.answer(response, text)) })],
  [
    'a redirect',
    'polling',
    (text) => ({
      store: (server, response) =>
        done(
          server.answer(response, 'x', 302, { location: `https://login.example/?token=${encodeURIComponent(text)}` }),
        ),
    }),
  ],
  [
    'a challenge',
    'polling',
    (text) => ({
      store: (server, response) =>
        done(server.answer(response, 'x', 401, { 'www-authenticate': `Bearer realm="${text}"` })),
    }),
  ],
]

const echoes = each(channels, ([title, transport, hooks]) =>
  each(forms, (form) => ({
    name: `secrets: ${title}, ${form}/${transport}`,
    transport,
    seconds: 4,
    server: () => hooks(echoOf(form)),
    client: events(transport, { ms: 1_300 }),
    expect: [],
  })),
)

const states = each(forms, (form) => [
  {
    name: `secrets: the body of a 500 of a state, ${form}/polling`,
    transport: 'polling',
    seconds: 4,
    server: () => ({ state: (server, response) => done(server.answer(response, echoOf(form), 500)) }),
    client: contexts('polling', { ms: 1_300 }),
  },
  {
    name: `secrets: an error POSTed for, ${form}/polling`,
    transport: 'polling',
    seconds: 5,
    server: () => ({
      request(server, request, response) {
        if (request.method !== 'POST') return false
        server.answer(response, { data: null, errors: [{ message: echoOf(form), extensions: { echo: echoOf(form) } }] })
        return true
      },
    }),
    client(context) {
      const meshery = context.meshery({ transports: ['polling'] })
      return context.follow((more) => meshery.subscribeMesheryControllersStatus({}, more), { ms: 2_000 })
    },
  },
  {
    name: `secrets: an error of a document, ${form}/websocket`,
    transport: 'websocket',
    seconds: 4,
    server: () => ({
      subscribed: (_, id, peer) => peer.json({ type: 'error', id, payload: [{ message: echoOf(form) }] }),
    }),
    client: raw({ ms: 1_000 }),
  },
  {
    name: `secrets: the command line, a GraphQL error, ${form}/websocket`,
    transport: 'websocket',
    seconds: 17,
    server: () => ({
      subscribed: (_, id, peer) => peer.json({ type: 'error', id, payload: [{ message: echoOf(form) }] }),
    }),
    client: command(['events', '--transport', 'websocket', '--verbose'], { interruptMs: 1_500 }),
  },
  {
    name: `secrets: the command line, a 500 of the store, ${form}/polling`,
    transport: 'polling',
    seconds: 17,
    server: () => ({ store: (server, response) => done(server.answer(response, { error: echoOf(form) }, 500)) }),
    client: command(['events', '--transport', 'polling', '--verbose'], { interruptMs: 1_500 }),
  },
])

/** Learnt on the way: a token that a response replaced is as secret as the first. */
const renewed = each(every, (transport) => ({
  name: `secrets: a token that was renewed/${transport}`,
  transport,
  seconds: 5,
  server: () => ({
    store(server, response) {
      const fresh = `renewed${formsOf(secrets.token).plain}`
      if (server.count('reads') === 1)
        server.answer(response, { events: [], totalCount: 0 }, 200, { 'set-cookie': `token=${fresh}; Path=/` })
      else server.answer(response, { error: `bad token ${fresh}` }, 500)
      return true
    },
  }),
  client: events(transport, { ms: 1_800 }),
  expect: [({ leaks }) => (leaks.length > 0 ? 'shows the renewed token' : [])],
}))

const optionErrors = each(
  [
    ['token', { token: `${secrets.token}\n` }],
    ['headers', { headers: { authorization: `Bearer ${secrets.header}\u{1f511}` } }],
    ['provider', { provider: `${secrets.token};x` }],
    ['url', { url: `http://user:${encodeURIComponent(secrets.token)}@127.0.0.1:9` }],
    ['connectionParams', { connectionParams: secrets.param }],
    ['credentials', { credentials: secrets.token }],
    ['a name', { [`x${secrets.token}`]: 1 }],
  ],
  ([title, options]) => ({
    name: `secrets: an error about the option ${title}/websocket`,
    transport: 'websocket',
    seconds: 4,
    server: () => ({}),
    async client(context) {
      try {
        const meshery = context.meshery({ transports: ['websocket'], ...options })
        await context.follow((more) => meshery.subscribeEvents({}, more), { ms: 800 })
      } catch (error) {
        context.record.error = context.error(error)
      }
    },
    // A name of an option is not a secret.
    ...(title === 'a name' && { skip: true }),
  }),
).filter(({ skip }) => !skip)

// --- Cookies.

const stray = [
  ['of another path', 'token=stray; Path=/other'],
  ['of another domain', 'token=stray; Domain=elsewhere.example; Path=/'],
  ['of a domain above', 'token=stray; Domain=example; Path=/'],
  ['that is Secure, over http', 'token=stray; Path=/; Secure'],
  ['that has expired', 'token=stray; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
  ['with Max-Age=0', 'token=stray; Path=/; Max-Age=0'],
  ['with a negative Max-Age', 'token=stray; Path=/; Max-Age=-1'],
  ['of another name', 'token2=stray; Path=/'],
  ['of another case', 'TOKEN=stray; Path=/'],
  ['without a value', 'token=; Path=/'],
  ['of 100 kB', `token=${'s'.repeat(7_000)}; Path=/nowhere`],
  ['with a prefix', '__Host-token=stray; Path=/'],
  ['of a public suffix', 'token=stray; Domain=1; Path=/'],
]

const cookies = each(stray, ([title, cookie]) =>
  each(every, (transport) => ({
    name: `cookie: one ${title}/${transport}`,
    transport,
    seconds: 6,
    server: () =>
      join(emitting({ everyMs: 250 }), {
        request(_, __, response) {
          response.setHeader('set-cookie', cookie)
          return false
        },
        upgrade: first(1, (_, __, socket) => {
          socket.end(`HTTP/1.1 503 No\r\nset-cookie: ${cookie}\r\ncontent-length: 0\r\n\r\n`)
          return true
        }),
      }),
    client: events(transport, { count: few, ms: 4_500 }),
    expect: [
      goesOn,
      losesNothing,
      (_, server) => {
        const without = server.cookies.filter((sent) => !sent.includes(`token=${secrets.token}`)).length
        return without > 0 ? `${without} of ${server.cookies.length} requests went without the token of the user` : []
      },
    ],
  })),
)

/** A server replaces the token by one that it then refuses: the token of the user is tried again. */
const replaced = each(every, (transport) => ({
  name: `cookie: a replacement that is refused/${transport}`,
  transport,
  seconds: 12,
  server: () =>
    join(emitting({ everyMs: 300 }), {
      request(server, request, response) {
        if (/token=bad/.test(request.headers.cookie ?? '')) {
          server.answer(response, 'no', 401)
          return true
        }
        if (server.count('answers') === 2) response.setHeader('set-cookie', 'token=bad; Path=/')
        return false
      },
      upgrade(_, request, socket) {
        if (!/token=bad/.test(request.headers.cookie ?? '')) return false
        socket.end('HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n')
        return true
      },
    }),
  client: events(transport, { count: few, ms: 9_000 }),
  expect: [goesOn, losesNothing],
}))

export const leaks = [...echoes, ...states, ...renewed, ...optionErrors, ...cookies, ...replaced]
