import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions, Notice, SubscribeOptions, Subscription } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { type HttpServer, listen } from '../platform/http-server.ts'
import { runsOf, sampled } from '../sample.ts'
import { leaksOf, textOf, watchDiagnostics } from './planted.ts'

/** A secret for each option that may have one. */
interface Secrets {
  readonly token: string
  readonly urlPassword: string
  readonly header: string
  readonly bearer: string
  readonly param: string
  readonly proxyPassword: string
  readonly passphrase: string
  readonly key: string
}

const word = fc
  .string({ unit: fc.constantFrom(...'abcdefghkmpqrstwxyzABCDEFGHKLMNPRSTXYZ23456789'), minLength: 14, maxLength: 40 })
  .filter((text) => new Set(text).size > 8)
const secrets: fc.Arbitrary<Secrets> = fc.record({
  token: word,
  urlPassword: word,
  header: word,
  bearer: word,
  param: word,
  proxyPassword: word,
  passphrase: word,
  key: word,
})

const pem = (key: string): string => `-----BEGIN PRIVATE KEY-----\n${btoa(key)}\n-----END PRIVATE KEY-----\n`

/** Whether options that exclude each other are given in their other form. */
interface Forms {
  readonly asksForCredentials: boolean
  readonly asksForParams: boolean
  readonly proxyByFunction: boolean
  /** The header that a server or proxy sends back. */
  readonly echoed: string
}

const forms: fc.Arbitrary<Forms> = fc.record({
  asksForCredentials: fc.boolean(),
  asksForParams: fc.boolean(),
  proxyByFunction: fc.boolean(),
  echoed: fc.constantFrom('authorization', 'cookie', 'x-key', 'x-login', 'proxy-authorization'),
})

/** Every option that may hold a secret; `proxy` only where a proxy is given. */
const optionsOf = (planted: Secrets, chosen: Forms, url: URL, proxy?: URL): MesheryOptions => {
  const { token } = planted
  const params = { gateway: planted.param, deep: [{ more: planted.param }] }
  if (proxy) proxy.password = planted.proxyPassword
  url.username = 'user'
  url.password = planted.urlPassword
  return {
    url,
    provider: 'Meshery',
    ...(chosen.asksForCredentials ? { credentials: () => ({ token }) } : { token }),
    headers: { 'x-key': planted.header, 'x-login': `Bearer ${planted.bearer}` },
    connectionParams: chosen.asksForParams ? () => params : params,
    tls: { passphrase: planted.passphrase, key: pem(planted.key) },
    ...(proxy && { proxy: chosen.proxyByFunction ? () => proxy : proxy }),
    timeouts: { connect: 2_000, request: 2_000, close: 100 },
    polling: { interval: 50 },
  }
}

/** A server, or a proxy, that refuses everything with one of the headers that it received, as it is and decoded. */
const startEcho = (status: number, { echoed }: Pick<Forms, 'echoed'>): Promise<HttpServer> => {
  const echoOf = ({ headers }: IncomingMessage): string => {
    const sent = String(headers[echoed])
    const [, basic = ''] = /^Basic (.*)$/.exec(sent) ?? []
    return JSON.stringify({ error: `${sent} ${atob(basic)}` })
  }
  return listen(
    (request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(echoOf(request)),
    (request, socket) => {
      const body = echoOf(request)
      const head = `HTTP/1.1 ${status} No\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}`
      socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`)
    },
  )
}

/** Everything that a client shows: errors, notices, lines of the log, messages of diagnostics, statistics, and itself. */
const shownBy = async (options: MesheryOptions, isEnough: (notice: Notice) => boolean): Promise<string> => {
  const shown: unknown[] = []
  const note = (value: unknown): void => void shown.push(value)
  // Without the environment, whose certificates take 0.1 s to read.
  await using meshery = createMesheryOn(nodePlatform({ env: {} }))({ ...options, logger: (...line) => note(line) })
  using _ = watchDiagnostics(meshery.url, note)
  const follow = async (open: (options: SubscribeOptions) => Subscription<unknown>): Promise<void> => {
    const enough = deferred<void>()
    const onNotice = (notice: Notice): void => {
      note(notice)
      if (isEnough(notice)) enough.resolve()
    }
    const subscription = open({ onNotice })
    const fail = (error: unknown): void => {
      note(error)
      enough.resolve()
    }
    subscription.ready.catch(fail)
    subscription.closed.catch(fail)
    await enough.promise
    note([subscription, subscription.status])
  }
  await Promise.all([
    follow((subscribe) => meshery.subscribeEvents({}, subscribe)),
    follow((subscribe) => meshery.subscribeK8sContext({}, subscribe)),
    follow((subscribe) => meshery.subscribe('subscription { subscribeEvents { id } }', {}, subscribe)),
  ])
  note(meshery.stats())
  await meshery.close()
  note([meshery.stats(), meshery])
  return textOf(shown)
}

const hasReason = (notice: Notice): boolean => 'reason' in notice && notice.reason !== null
const isLive = (notice: Notice): boolean => notice.kind === 'status' && notice.state === 'live'

type Situation = (planted: Secrets, chosen: Forms) => Promise<string>

const situations: Readonly<Record<string, Situation>> = {
  'a server that works': async (planted, chosen) => {
    const auth = { provider: 'Meshery', token: planted.token }
    await using fake = await startFakeMeshery({ release: 'v0.8', auth, seed: [{}] })
    const { tls: _, ...options } = optionsOf(planted, chosen, new URL(fake.url))
    return await shownBy(options, isLive)
  },
  'a server that refuses with all that it received': async (planted, chosen) => {
    await using server = await startEcho(500, chosen)
    return await shownBy(optionsOf(planted, chosen, new URL(server.url)), hasReason)
  },
  'a server that refuses the credentials with all that it received': async (planted, chosen) => {
    await using server = await startEcho(401, chosen)
    return await shownBy(optionsOf(planted, chosen, new URL(server.url)), hasReason)
  },
  'no server': async (planted, chosen) => {
    const server = await startEcho(500, chosen)
    await server[Symbol.asyncDispose]()
    return await shownBy(optionsOf(planted, chosen, new URL(server.url)), hasReason)
  },
  'TLS with a key that cannot be read': async (planted, chosen) => {
    await using server = await startEcho(500, chosen)
    return await shownBy(optionsOf(planted, chosen, new URL(server.url.replace('http:', 'https:'))), hasReason)
  },
  'a server without TLS at an https address': async (planted, chosen) => {
    await using server = await startEcho(500, chosen)
    const options = optionsOf(planted, chosen, new URL(server.url.replace('http:', 'https:')))
    return await shownBy({ ...options, tls: { passphrase: planted.passphrase } }, hasReason)
  },
  'a proxy that refuses with all that it received': async (planted, chosen) => {
    await using proxy = await startEcho(407, chosen)
    const address = new URL(proxy.url)
    address.username = 'user'
    return await shownBy(optionsOf(planted, chosen, new URL('http://meshery.invalid'), address), hasReason)
  },
  'no proxy': async (planted, chosen) => {
    const proxy = await startEcho(407, chosen)
    await proxy[Symbol.asyncDispose]()
    const address = new URL(proxy.url)
    address.username = 'user'
    return await shownBy(optionsOf(planted, chosen, new URL('https://meshery.invalid'), address), hasReason)
  },
  'a proxy whose address is not valid': async (planted, chosen) => {
    const options = optionsOf(planted, chosen, new URL('http://meshery.invalid'))
    return await shownBy({ ...options, proxy: `ftp://user:${planted.proxyPassword}@proxy:1` }, hasReason).catch(textOf)
  },
}

describe.concurrent('secrets in every option', () => {
  it.each(sampled(Object.entries(situations), 4))('are shown nowhere: %s', async (_, situation) => {
    await fc.assert(
      fc.asyncProperty(secrets, forms, async (planted, chosen) => {
        const shown = await situation(planted, chosen)
        const leaks = Object.entries(planted).filter(([, secret]) => leaksOf(secret, shown).length > 0)
        expect(leaks.map(([name]) => name)).toEqual([])
      }),
      { numRuns: runsOf(3), endOnFailure: true },
    )
  })
})
