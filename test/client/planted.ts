import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { deferred } from '../../src/base/abort.ts'
import {
  createMeshery,
  type Meshery,
  type MesheryOptions,
  type Notice,
  type SubscribeOptions,
  type Subscription,
} from '../../src/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { type Channel, startHostile } from './hostile-server.ts'

/** The secrets of a client, by where they are given or learnt. */
export interface Planted {
  readonly access: string
  readonly refresh: string
  readonly bearer: string
  readonly key: string
  readonly password: string
  readonly cookie: string
  readonly param: string
  readonly deepParam: string
  readonly renewed: string
}

/** Meshery's own token: base64 of an OAuth token's JSON. */
export const tokenOf = ({ access, refresh }: Pick<Planted, 'access' | 'refresh'>): string =>
  Buffer.from(JSON.stringify({ access_token: access, token_type: 'bearer', refresh_token: refresh })).toString('base64')

/** The encodings in which a server may write a secret. */
export const encodings: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'URL-encoded': encodeURIComponent,
  'URL-encoded in lower case': (secret) => encodeURIComponent(secret).toLowerCase(),
  'URL-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 behind one byte': (secret) => Buffer.from(`?${secret}&`).toString('base64'),
  'base64 behind two bytes': (secret) => Buffer.from(`{"${secret}"}`).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'escaped as in JSON': (secret) =>
    secret.replace(/[^a-z0-9]/gi, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
}

/** The letters and digits of a text, whose order every encoding keeps. */
const letters = (text: string): string => {
  let decoded = text
  for (let round = 0; round < 3; round++)
    decoded = decoded
      .replace(/\\+u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return decoded.toLowerCase().replace(/[^a-z\d]/g, '')
}

/** Parts of the secret that are long enough to be of use, as the text shows them in any encoding. */
export const leaksOf = (secret: string, shown: string): string[] => {
  const text = letters(shown)
  // The text beside it decides the first and the last letters of base64.
  const forms = [
    secret,
    ...['', '?', '??'].map((before) =>
      Buffer.from(before + secret)
        .toString('base64')
        .slice(before.length + 1, -4),
    ),
  ].map(letters)
  return forms.flatMap((form) => {
    const size = Math.min(form.length, 14)
    const pieces = Array.from({ length: form.length - size + 1 }, (_, at) => form.slice(at, at + size))
    return pieces.filter((piece) => piece.length >= 6 && text.includes(piece)).slice(0, 1)
  })
}

const everything = (value: unknown): string =>
  inspect(value, { depth: null, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })

const bytesIn = (value: unknown, depth = 0): string => {
  if (typeof value !== 'object' || value === null || depth > 6) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  return [...Object.getOwnPropertyNames(value)]
    .map((name) => bytesIn(Object.getOwnPropertyDescriptor(value, name)?.value, depth + 1))
    .join(' ')
}

const follow = (meshery: Meshery, way: Channel['follow'], options: SubscribeOptions): Subscription<unknown> => {
  if (way === 'raw') return meshery.subscribe('subscription { event }', {}, options)
  if (way === 'resources') return meshery.subscribeClusterResources({ namespace: 'a' }, options)
  if (way === 'controllers') return meshery.subscribeMesheryControllersStatus({ connectionIDs: ['same-name'] }, options)
  if (way === 'all controllers') return meshery.subscribeMesheryControllersStatus({}, options)
  if (way === 'results') return meshery.subscribePerfResults({ profileID: 'of a name' }, options)
  return meshery.subscribeEvents({}, options)
}

const optionsOf = (channel: Channel, planted: Planted): MesheryOptions => ({
  token: tokenOf(planted),
  ...(channel.follow !== 'no provider' && { provider: 'Meshery' }),
  headers: {
    authorization: `Bearer ${planted.bearer}`,
    'x-api-key': planted.key,
    'x-login': `Basic ${btoa(`me:${planted.password}`)}`,
    cookie: `session=${planted.cookie}; theme=dark`,
  },
  connectionParams: {
    token_of_gateway: planted.param,
    deep: [{ more: { Authorization: `Bearer ${planted.deepParam}` } }],
  },
  transports: [transportOf(channel)],
  timeouts: { connect: 400, request: 400, firstByte: 400, close: 100 },
})

/** The transport that uses the channel. */
function transportOf({ follow, message, upgrade }: Channel): TransportName {
  if (follow === 'sse') return 'sse'
  return message || upgrade ? 'websocket' : 'polling'
}

/** Passes on what clients of this server publish on the channels of diagnostics, until it is disposed of. */
export const watchDiagnostics = (url: string, note: (message: unknown) => void): Disposable => {
  const names = ['notice', 'connection', 'event', 'request'].map((topic) => `meshery-live:${topic}`)
  const listener = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && Reflect.get(message, 'url') === url) note(message)
  }
  for (const name of names) subscribe(name, listener)
  return {
    [Symbol.dispose]() {
      for (const name of names) unsubscribe(name, listener)
    },
  }
}

/** Everything that is in a value, as text. */
export const textOf = (shown: unknown): string => `${everything(shown)}\n${bytesIn(shown)}`

/**
 * Everything that a client shows of a server that sends the text on this channel: errors, notices, lines of the log, messages of
 * diagnostics, statistics.
 */
export const shownBy = async (channel: Channel, planted: Planted, echo: string): Promise<string> => {
  const shown: unknown[] = []
  await using server = await startHostile(channel, () => echo, planted.renewed)
  const enough = deferred<void>()
  const note = (value: unknown): void => void shown.push(value)
  const onNotice = (notice: Notice): void => {
    note(notice)
    if ('reason' in notice ? notice.reason !== null : notice.kind === 'partial' || notice.kind === 'unknown')
      enough.resolve()
  }
  const log = (...said: unknown[]): void => note(said)
  const logger = { debug: log, info: log, warn: log, error: log }
  using _ = watchDiagnostics(server.url, note)
  const meshery = createMeshery({ ...optionsOf(channel, planted), url: server.url, logger })
  const subscription = follow(meshery, channel.follow, { onNotice })
  const read = async (): Promise<void> => {
    try {
      for await (const one of subscription)
        if (one !== undefined && channel.follow !== 'all controllers') enough.resolve()
    } catch (error) {
      note(error)
    }
    enough.resolve()
  }
  const reading = read()
  const timer = setTimeout(() => enough.resolve(), 700)
  await enough.promise
  clearTimeout(timer)
  note(subscription.status)
  note(meshery.stats())
  await meshery.close()
  await reading
  note([meshery.stats(), meshery, subscription])
  return textOf(shown)
}
