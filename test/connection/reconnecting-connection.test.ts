import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { type ErrorCode, type ErrorPhase, MesheryError } from '../../src/base/errors.ts'
import { RetryAfterHolds } from '../../src/base/retry-after-holds.ts'
import type { ConnectionListener } from '../../src/connection/connection-listener.ts'
import { type ConnectionContext, ReconnectingConnection } from '../../src/connection/reconnecting-connection.ts'
import { type RenewingTransport, tokenRenewal } from '../../src/connection/renewing-transports.ts'
import { DialThrottle } from '../../src/connection/retry-loop.ts'
import { type CredentialSources, Credentials } from '../../src/credentials/credentials.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { ExpiringToken } from '../../src/platform/expiring-token.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Frame, Operation, OperationListener, Timeouts, Transport } from '../../src/transports/contract.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const timeouts: Timeouts = {
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
}

const errorOf = (code: ErrorCode, phase: ErrorPhase = 'stream', details: Record<string, unknown> = {}): MesheryError =>
  new MesheryError(code, `${code} as scripted`, { phase, details })
const cut = errorOf('CONNECTION_LOST')

interface Scripted {
  readonly dialledAt: number
  readonly listeners: Map<Operation, OperationListener>
  readonly stopped: Set<Operation>
  closed: boolean
  end(error: MesheryError): void
}

/** A transport that does nothing by itself. */
class ScriptedTransport implements RenewingTransport {
  readonly renewal = tokenRenewal
  readonly name: Transport['name']
  readonly shared = true
  readonly dials: Scripted[] = []
  /** How long a connection takes to close, in milliseconds. */
  closesAfter = 0

  constructor(name: Transport['name'] = 'websocket') {
    this.name = name
  }

  connect(): ReturnType<Transport['connect']> {
    const ended = deferred<MesheryError | undefined>()
    const dial: Scripted = {
      dialledAt: Date.now(),
      listeners: new Map(),
      stopped: new Set(),
      closed: false,
      end: (error) => ended.resolve(error),
    }
    this.dials.push(dial)
    const { closesAfter } = this
    return {
      ended: ended.promise,
      start(operation, listener) {
        dial.listeners.set(operation, listener)
        return () => dial.stopped.add(operation)
      },
      async close() {
        dial.closed = true
        if (closesAfter === 0) ended.resolve(undefined)
        else if (closesAfter < Infinity) setTimeout(() => ended.resolve(undefined), closesAfter)
        await ended.promise
      },
    }
  }

  get last(): Scripted {
    const last = this.dials.at(-1)
    if (!last) throw new Error('nothing was dialled')
    return last
  }
}

class Listener implements ConnectionListener {
  readonly operation: Operation
  readonly log: string[] = []
  readonly frames: Frame[] = []
  readonly ends: (MesheryError | undefined)[] = []

  constructor(query: string = 'a') {
    this.operation = { graphql: { query } }
  }

  state({ kind }: { readonly kind: string }): void {
    this.log.push(kind)
  }
  open(): void {
    this.log.push('open')
  }
  frame(frame: Frame): void {
    this.frames.push(frame)
  }
  end(error?: MesheryError): void {
    this.ends.push(error)
  }
}

const rig = (
  sources: Partial<CredentialSources> = {},
  context: Partial<ConnectionContext> = {},
  transport = new ScriptedTransport(),
) => {
  const credentials = new Credentials({ identity: { provider: 'None' }, setsCookies: true, ...sources })
  const server = new HttpClient(nodePlatform({ env: {} }), credentials, {
    url: new URL('http://connection.example'),
    headers: {},
  })
  /** What a read is answered with: JSON, or the error that it rejects with. */
  const http = { answer: undefined as MesheryError | undefined, status: 200, reads: [] as string[] }
  vi.spyOn(server.platform, 'fetch').mockImplementation(async (url) => {
    http.reads.push(new URL(url).pathname)
    if (http.answer) throw http.answer
    return new Response('{}', { status: http.status })
  })
  const read = async (signal?: AbortSignal): Promise<boolean> => {
    await server.json('/rows', { phase: 'store', timeout: 10_000, signal })
    return true
  }
  const connection = new ReconnectingConnection(transport, {
    server,
    timeouts,
    policy: { attempts: Infinity },
    throttle: new DialThrottle(),
    version: async () => null,
    retire: () => {},
    ...context,
  })
  /** Joins, and hands on the state of the connection, as every owner of a listener does. */
  const join = (listener: Listener): (() => void) => {
    const joined = connection.join(listener)
    if (joined.state) listener.state(joined.state)
    return () => joined.leave()
  }
  /** What the transport reports to for this listener. */
  const transportListener = ({ operation }: Listener): OperationListener => {
    const found = transport.last.listeners.get(operation)
    if (!found) throw new Error('the operation was not started')
    return found
  }
  /** Lets everything go on that waits for no clock. */
  const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)
  return { transport, connection, join, credentials, http, read, transportListener, turn }
}

describe('a reconnecting connection', () => {
  it('dials once for all that join, and starts each operation', async () => {
    const { transport, connection, join, turn } = rig()
    const listeners = [new Listener('a'), new Listener('b')]
    for (const listener of listeners) join(listener)
    await turn()
    expect(transport.dials).toHaveLength(1)
    expect([...transport.last.listeners.keys()]).toEqual(listeners.map(({ operation }) => operation))
    await connection.close()
  })

  it('starts at once what joins an open connection', async () => {
    const { transport, connection, join, turn, transportListener } = rig()
    const [first, second] = [new Listener('a'), new Listener('b')]
    join(first)
    await turn()
    transportListener(first).open()
    join(second)
    transportListener(second).open()
    expect(transport.dials).toHaveLength(1)
    expect(second.log).toEqual(['live', 'open'])
    await connection.close()
  })

  it('carries its listeners across a reconnection, within 250 ms after a life', async () => {
    const { transport, connection, join, turn, transportListener } = rig()
    const listeners = [new Listener('a'), new Listener('b')]
    for (const listener of listeners) join(listener)
    await turn()
    for (const listener of listeners) transportListener(listener).open()
    await vi.advanceTimersByTimeAsync(6_000)
    transport.last.end(cut)
    await vi.advanceTimersByTimeAsync(250)
    expect(transport.dials).toHaveLength(2)
    for (const listener of listeners) {
      transportListener(listener).open()
      transportListener(listener).frame({ data: 1 })
      const changes = listener.log.filter((line, index) => line !== 'live' && line !== listener.log[index - 1])
      expect(changes.slice(-4)).toEqual(['open', 'waiting', 'connecting', 'open'])
      expect(listener.frames).toHaveLength(1)
    }
    await connection.close()
  })

  it('never dials twice within 500 ms, whatever joins, leaves and is cut (law 5)', async () => {
    const { transport, connection, join, transportListener } = rig()
    for (let round = 0; round < 40; round++) {
      const listener = new Listener(`${round}`)
      const leave = join(listener)
      await vi.advanceTimersByTimeAsync((round * 37) % 600)
      if (round % 3 === 0) transport.dials.at(-1)?.end(cut)
      if (round % 4 === 0 && transport.dials.at(-1)?.listeners.has(listener.operation))
        transportListener(listener).frame({ data: round })
      await vi.advanceTimersByTimeAsync((round * 53) % 400)
      if (round % 2 === 0) leave()
    }
    await connection.close()
    expect(transport.dials.length).toBeGreaterThan(5)
    for (const [index, { dialledAt }] of transport.dials.entries())
      expect(dialledAt - (transport.dials[index - 1]?.dialledAt ?? -Infinity)).toBeGreaterThanOrEqual(500)
  })

  it('reports the end of an operation to its own listener alone; the others go on (law 6)', async () => {
    const { transport, connection, join, turn, transportListener } = rig()
    const [first, second] = [new Listener('a'), new Listener('b')]
    join(first)
    join(second)
    await turn()
    const refused = errorOf('GRAPHQL_ERROR', 'subscribe')
    transportListener(first).end(refused)
    expect(first.ends).toEqual([refused])
    transportListener(second).frame({ data: 1 })
    expect([second.ends, second.frames.length, transport.last.closed]).toEqual([[], 1, false])
    await connection.close()
  })

  it('takes a `complete` just before a drop for part of the drop, and one alone for an end', async () => {
    const { transport, connection, join, turn, transportListener } = rig()
    const listener = new Listener()
    join(listener)
    await turn()
    transportListener(listener).open()
    transportListener(listener).end()
    await vi.advanceTimersByTimeAsync(50)
    transport.last.end(cut)
    await vi.advanceTimersByTimeAsync(3_000)
    expect([listener.ends, transport.dials.length]).toEqual([[], 2])
    transportListener(listener).open()
    transportListener(listener).end()
    await vi.advanceTimersByTimeAsync(100)
    expect(listener.ends).toEqual([undefined])
    await connection.close()
  })

  it('is unavailable after three connections that open and end before they live', async () => {
    const { transport, join, transportListener } = rig()
    const listener = new Listener()
    join(listener)
    for (let time = 0; time < 3; time++) {
      await vi.advanceTimersByTimeAsync(3_000)
      transportListener(listener).open()
      transport.last.end(cut)
    }
    await vi.advanceTimersByTimeAsync(0)
    expect(listener.ends).toMatchObject([{ code: 'TRANSPORT_UNAVAILABLE', cause: cut }])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(transport.dials).toHaveLength(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends its listeners when the limit of attempts is reached', async () => {
    const { join, transport } = rig({}, { policy: { attempts: 2 } })
    const listener = new Listener()
    join(listener)
    for (let time = 0; time < 3; time++) {
      await vi.advanceTimersByTimeAsync(3_000)
      transport.last.end(errorOf('CONNECTION_REFUSED', 'tcp'))
    }
    await vi.advanceTimersByTimeAsync(60_000)
    expect(transport.dials).toHaveLength(3)
    expect(listener.ends).toMatchObject([{ code: 'RETRIES_EXHAUSTED', phase: 'tcp' }])
  })

  it('does not call a listener during join: it returns the state of the connection', async () => {
    const { connection, transport, turn } = rig()
    const [first, second] = [new Listener('a'), new Listener('b')]
    expect(connection.join(first).state?.kind).toBe('connecting')
    await turn()
    expect(connection.join(second).state?.kind).toBe('connecting')
    expect([first.log, second.log, transport.dials.length]).toEqual([[], [], 1])
    await connection.close()
  })

  it('does not call a listener after it left, not even for what was found before', async () => {
    const { connection, transport, turn } = rig()
    connection.join(new Listener())
    await turn()
    transport.last.end(errorOf('TRANSPORT_UNAVAILABLE', 'upgrade', { permanent: true }))
    await turn()
    const [stays, leaves] = [new Listener('b'), new Listener('c')]
    connection.join(stays)
    connection.join(leaves).leave()
    await turn()
    expect([stays.ends.length, leaves.ends.length, transport.dials.length]).toEqual([1, 0, 1])
  })

  it('obeys Retry-After', async () => {
    const { connection, join, transport, turn } = rig()
    join(new Listener())
    await turn()
    transport.last.end(errorOf('RATE_LIMITED', 'upgrade', { retryAfter: 90_000 }))
    await vi.advanceTimersByTimeAsync(89_999)
    expect(transport.dials).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_001)
    expect(transport.dials).toHaveLength(2)
    await connection.close()
  })

  it('keeps an unused connection for 250 ms, for the next subscription', async () => {
    const { join, transport, turn, transportListener } = rig()
    const first = new Listener('a')
    const leave = join(first)
    await turn()
    transportListener(first).open()
    leave()
    expect(transport.last.stopped).toContain(first.operation)
    await vi.advanceTimersByTimeAsync(249)
    expect(transport.last.closed).toBe(false)
    const again = join(new Listener('b'))
    await vi.advanceTimersByTimeAsync(10_000)
    expect([transport.dials.length, transport.last.closed]).toEqual([1, false])
    again()
    await vi.advanceTimersByTimeAsync(250)
    expect(transport.last.closed).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('dials anew for who joins after the last connection closed', async () => {
    const { connection, join, transport, turn } = rig()
    join(new Listener('a'))()
    await vi.advanceTimersByTimeAsync(1_000)
    join(new Listener('b'))
    await turn()
    expect(transport.dials.at(-1)?.closed).toBe(false)
    await connection.close()
  })

  it('leaves neither a connection nor a timer behind when it is closed, and calls no listener', async () => {
    const { connection, join, transport, turn, transportListener } = rig()
    const listener = new Listener()
    join(listener)
    await turn()
    transportListener(listener).open()
    const received = listener.log.length
    await connection.close()
    await turn()
    expect([transport.last.closed, vi.getTimerCount(), listener.ends]).toEqual([true, 0, []])
    expect(listener.log).toHaveLength(received)
  })

  it.each([
    ['was left by all before', true],
    ['is still used', false],
  ])('closes only when the connection is gone, also one that %s', async (_, isLeft) => {
    const { connection, join, transport, turn, transportListener } = rig()
    transport.closesAfter = 400
    const listener = new Listener()
    const leave = join(listener)
    await turn()
    transportListener(listener).open()
    if (isLeft) leave()
    if (isLeft) await vi.advanceTimersByTimeAsync(300)
    const closed = vi.fn()
    const closing = connection.close().then(closed)
    await vi.advanceTimersByTimeAsync(isLeft ? 349 : 399)
    expect([transport.last.closed, closed.mock.calls.length]).toEqual([true, 0])
    await vi.advanceTimersByTimeAsync(1)
    await closing
    expect(vi.getTimerCount()).toBe(0)
  })

  it('closes after timeouts.close where the connection never goes', async () => {
    const { connection, join, transport, turn } = rig()
    transport.closesAfter = Infinity
    join(new Listener())
    await turn()
    const closed = vi.fn()
    void connection.close().then(closed)
    await vi.advanceTimersByTimeAsync(timeouts.close - 1)
    expect(closed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect([closed.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0])
  })

  it('ends the wait for credentials that never come when it is closed', async () => {
    const { connection, join, transport, turn, credentials } = rig({
      identity: undefined,
      ask: () => new Promise(() => {}),
    })
    join(new Listener())
    await turn()
    expect([transport.dials.length, credentials.isKnown]).toEqual([0, false])
    await connection.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends the wait for other credentials in place of refused ones when it is closed', async () => {
    let asked = 0
    const ask = () => (asked++ === 0 ? { token: 'the first one' } : new Promise<never>(() => {}))
    const { connection, join, transport, turn, credentials } = rig({ identity: undefined, ask })
    join(new Listener())
    await turn()
    credentials.refuse(credentials.version)
    transport.last.end(errorOf('CREDENTIALS_REFUSED', 'upgrade', { status: 401 }))
    await turn()
    expect(asked).toBe(2)
    await connection.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a token that will expire', () => {
  const lasting = (leftMs: number): string =>
    `head.${Buffer.from(JSON.stringify({ exp: (Date.now() + leftMs) / 1000 })).toString('base64url')}.sign`

  it.each([
    ['websocket', 1],
    ['sse', 1],
    ['polling', 0],
  ] as const)('is replaced in time on %s, and the connection too, unless it is polling', async (name, retired) => {
    const [first, second] = [lasting(3_600_000), lasting(7_200_000)]
    let token = first
    const retire = vi.fn()
    const sources = { identity: undefined, ask: () => ({ token, provider: 'Meshery' }) }
    const { connection, join, credentials, turn } = rig(sources, { retire }, new ScriptedTransport(name))
    join(new Listener())
    await turn()
    token = second
    await vi.advanceTimersByTimeAsync(3_600_000 - 61_000)
    expect(credentials.cookies()).toContain(first)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(credentials.cookies()).toContain(second)
    expect(retire).toHaveBeenCalledTimes(retired)
    await connection.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a token that lives an hour', () => {
  const hour = 3_600_000
  const lasting = (leftMs: number): string =>
    `head.${Buffer.from(JSON.stringify({ exp: (Date.now() + leftMs) / 1000 })).toString('base64url')}.sign`

  it.each(['websocket', 'sse', 'polling'] as const)(
    'is renewed before each of four expiries in a row on %s',
    async (name) => {
      /** How long the token still lives when another one is asked for. */
      const left: number[] = []
      const expiring = new ExpiringToken(async () => {
        left.push(credentials.expires - Date.now())
        return Response.json({ token: lasting(hour) })
      })
      const { connection, join, credentials, turn } = rig(
        {
          identity: { token: lasting(hour), provider: 'Meshery' },
          renewToken: (token, who) =>
            expiring.renew(token, who, {
              url: new URL('http://connection.example'),
              headers: {},
              timeout: 1_000,
              limit: 10_000,
              holds: new RetryAfterHolds(),
            }),
        },
        {},
        new ScriptedTransport(name),
      )
      join(new Listener())
      await turn()
      await vi.advanceTimersByTimeAsync(4 * hour)
      left.push(credentials.expires - Date.now())
      expect(left).toHaveLength(5)
      expect(Math.min(...left)).toBeGreaterThan(50_000)
      await connection.close()
      expect(vi.getTimerCount()).toBe(0)
    },
  )
})

describe('refused credentials', () => {
  const refused = (): MesheryError => errorOf('CREDENTIALS_REFUSED', 'upgrade', { status: 401 })

  it('are asked for anew at once, and dialled with when they differ', async () => {
    let token = 'the first one'
    const { connection, join, transport, turn, credentials } = rig({ identity: undefined, ask: () => ({ token }) })
    join(new Listener())
    await turn()
    credentials.refuse(credentials.version)
    token = 'the second one'
    transport.last.end(refused())
    await vi.advanceTimersByTimeAsync(500)
    expect(transport.dials).toHaveLength(2)
    await connection.close()
  })

  it('are not tried again unchanged, however long it takes; the sources are read every 10 s (law 9)', async () => {
    let token = 'the first one'
    let asked = 0
    const ask = () => {
      asked++
      return { token }
    }
    const { connection, join, transport, turn, credentials } = rig({ identity: undefined, ask })
    const listener = new Listener()
    join(listener)
    await turn()
    credentials.refuse(credentials.version)
    transport.last.end(refused())
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(transport.dials).toHaveLength(1)
    expect(asked).toBeGreaterThan(355)
    expect(asked).toBeLessThan(365)
    token = 'the second one'
    await vi.advanceTimersByTimeAsync(10_000)
    expect(transport.dials).toHaveLength(2)
    expect(listener.ends).toEqual([])
    await connection.close()
  })

  it('end it where no source can say anything else', async () => {
    const { join, transport, turn, credentials } = rig({ identity: { token: 'fixed' } })
    const listener = new Listener()
    join(listener)
    await turn()
    credentials.refuse(credentials.version)
    const error = refused()
    transport.last.end(error)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([listener.ends, transport.dials.length]).toEqual([[error], 1])
  })

  it('are tried again unchanged after 30 s on a release that refuses in outages too', async () => {
    const { connection, join, transport, turn, credentials } = rig(
      { identity: undefined, ask: () => ({ token: 'the only one' }) },
      { version: async () => 'v0.8.0' },
    )
    join(new Listener())
    await turn()
    credentials.refuse(credentials.version)
    transport.last.end(errorOf('CREDENTIALS_REFUSED', 'upgrade', { status: 302 }))
    await vi.advanceTimersByTimeAsync(30_000 - 1)
    expect(transport.dials).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(transport.dials).toHaveLength(2)
    await connection.close()
  })

  it('that do not answer count as a failed attempt, and nothing is dialled', async () => {
    const { connection, join, transport } = rig({ identity: undefined, ask: () => new Promise(() => {}) })
    const listener = new Listener()
    join(listener)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(listener.log).toEqual(['connecting', 'waiting'])
    expect(transport.dials).toEqual([])
    await connection.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a transport that does not open', () => {
  /** Ends the dials of the connection one after the other. */
  const fails = async (transport: ScriptedTransport, ...errors: readonly MesheryError[]): Promise<void> => {
    for (const error of errors) {
      await vi.advanceTimersByTimeAsync(3_000)
      transport.last.end(error)
    }
    await vi.advanceTimersByTimeAsync(0)
  }

  const polled = (poll: Operation['poll']): Listener =>
    Object.assign(new Listener(), { operation: { graphql: { query: 'a' }, ...(poll && { poll }) } })

  it.each<[string, readonly MesheryError[]]>([
    ['is never answered', [1, 2, 3].map(() => errorOf('TIMED_OUT', 'upgrade'))],
    ['answers 503, is reset, is silent', [errorOf('SERVER_ERROR'), cut, errorOf('TIMED_OUT', 'ack')]],
  ])('%s: is left at the third time, when a read of a listener is answered', async (_, errors) => {
    const { join, transport, http, read } = rig()
    const listener = polled(read)
    join(listener)
    await fails(transport, ...errors.slice(0, 2))
    // Evidence for the next dial: had the server been away until now, that one would open.
    expect([http.reads, listener.ends]).toEqual([['/rows'], []])
    await fails(transport, ...errors.slice(2))
    expect(listener.ends).toMatchObject([{ code: 'TRANSPORT_UNAVAILABLE', retryable: true, cause: errors[2] }])
    expect([http.reads, transport.dials.length]).toEqual([['/rows'], 3])
  })

  it('is dialled again and again when plain HTTP fails too', async () => {
    const { connection, join, transport, http, read } = rig()
    http.answer = errorOf('CONNECTION_REFUSED', 'tcp')
    const listener = polled(read)
    join(listener)
    await fails(transport, cut, cut, cut, cut, cut)
    await vi.advanceTimersByTimeAsync(30_000)
    expect([transport.dials.length, listener.ends, http.reads.length]).toEqual([6, [], 4])
    await connection.close()
  })

  it('is dialled once more when plain HTTP is back only since it failed: the server may just have started', async () => {
    const { connection, join, transport, http, read, transportListener } = rig()
    http.answer = errorOf('CONNECTION_REFUSED', 'tcp')
    const listener = polled(read)
    join(listener)
    await fails(transport, cut, cut)
    http.answer = undefined
    await fails(transport, cut)
    expect(listener.ends).toEqual([])
    await vi.advanceTimersByTimeAsync(3_000)
    transportListener(listener).open()
    expect([transport.dials.length, listener.ends]).toEqual([4, []])
    await connection.close()
  })

  it('takes no read from before the dial for health once it lived: the server may just have gone', async () => {
    const { join, transport, http, read, transportListener } = rig()
    const listener = polled(read)
    join(listener)
    await vi.advanceTimersByTimeAsync(0)
    transportListener(listener).open()
    transportListener(listener).frame({ data: 1 })
    http.answer = cut
    await fails(transport, cut, cut, cut)
    http.answer = undefined
    await vi.advanceTimersByTimeAsync(3_000)
    await read()
    http.answer = cut
    await vi.advanceTimersByTimeAsync(1)
    // The dial under way began before the read: so the read counts for it. The next one finds that nothing answers any more.
    transport.last.end(cut)
    await vi.advanceTimersByTimeAsync(0)
    expect(listener.ends).toMatchObject([{ code: 'TRANSPORT_UNAVAILABLE' }])
  })

  it('asks for the release where no listener can read, as for a document of the user', async () => {
    const versions: string[] = []
    const { join, transport, http, read } = rig(
      {},
      {
        version: async () => {
          versions.push('asked')
          await read()
          return 'v0.8.0'
        },
      },
    )
    const listener = polled(undefined)
    join(listener)
    await fails(transport, cut, cut, cut)
    expect([versions, http.reads, listener.ends.length]).toEqual([['asked'], ['/rows'], 1])
  })

  it('refuses in its own name when the very credentials just read the store', async () => {
    const { join, transport, http, read } = rig({ identity: { token: 'fixed' } })
    const listener = polled(read)
    join(listener)
    const refused = errorOf('CREDENTIALS_REFUSED', 'upgrade', { status: 403 })
    await fails(transport, refused, refused)
    expect([listener.ends, new Set(http.reads)]).toEqual([[], new Set(['/rows'])])
    await fails(transport, refused)
    expect(listener.ends).toMatchObject([{ code: 'TRANSPORT_UNAVAILABLE', cause: { code: 'SERVER_ERROR' } }])
  })

  it('refuses in the name of the credentials when the read is refused as well', async () => {
    const { join, transport, http, read } = rig({ identity: { token: 'fixed' } })
    http.answer = errorOf('CREDENTIALS_REFUSED', 'store', { status: 401 })
    const listener = polled(read)
    join(listener)
    const refused = errorOf('CREDENTIALS_REFUSED', 'upgrade', { status: 401 })
    await fails(transport, refused)
    expect([listener.ends, transport.dials.length]).toEqual([[refused], 1])
  })

  it('takes no refusal of long ago for health: the server may be gone since', async () => {
    const { join, transport, http, read, transportListener } = rig()
    const listener = polled(read)
    join(listener)
    await vi.advanceTimersByTimeAsync(0)
    transportListener(listener).open()
    transportListener(listener).frame({ data: 1 })
    http.status = 401
    await expect(read()).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    await fails(transport, cut, cut, cut, cut, cut)
    expect([listener.ends, http.reads.length]).toEqual([[], 1])
    // Refused since the dial began, it is there.
    await vi.advanceTimersByTimeAsync(30_000)
    await expect(read()).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    transport.last.end(cut)
    await vi.advanceTimersByTimeAsync(0)
    expect(listener.ends).toMatchObject([{ code: 'TRANSPORT_UNAVAILABLE' }])
  })
})
