import type {
  ActiveFaults,
  AnswerTarget,
  BrokenBody,
  BrokenWrite,
  WrongAnswer,
  WrongPage,
  WrongStatus,
} from './active-faults.ts'
import type { Garbage, LiveChannel } from './live-channel.ts'

/**
 * What can go wrong. A fault with a value lasts until it receives another one; `calm()` ends them all.
 * A live channel is a WebSocket or an SSE stream.
 */
export interface Faults {
  /** Resets all live channels, as when a machine dies. */
  cut(): void
  /** Ends all live channels properly: WebSockets with this close frame, SSE streams by their end. */
  endChannels(code?: number, reason?: string): void
  /** Cuts each live channel that opens from now on this many milliseconds after its opening. Undefined: ends the fault. */
  cutYoung(ms: number | undefined): void
  /** Refuses new TCP connections and leaves open ones alone. Resolves when this is in effect. */
  refuse(on?: boolean): Promise<void>
  /**
   * Half-open: connections stay, new ones are accepted, nothing is read or answered. What was due in the
   * meantime is sent at `thaw()`.
   */
  freeze(): void
  /** Ends a freeze. */
  thaw(): void
  /** Milliseconds between `connection_init` and its acknowledgement; `Infinity`: never. Default 0. */
  delayAck(ms: number): void
  /**
   * Gives all requests for this a wrong answer, or the next `times` requests, or those of one `path`: a status, a `reset`, or
   * `silence`, which lasts as long as the connection. Undefined: ends the fault.
   */
  answer(target: AnswerTarget, status: WrongStatus | undefined, how?: WrongAnswer): void
  /** Behaves as a network that passes only plain HTTP: strips `Upgrade`, or passes the headers of SSE and keeps the rest. */
  block(transport: 'websocket' | 'sse', on?: boolean): void
  /** Behaves as a front end that compresses: every answer uses gzip, SSE included, whatever the client accepts. */
  compress(on?: boolean): void
  /** Milliseconds until the store answers. The answer contains what was stored when the request arrived. Default 0. */
  slowStore(ms: number): void
  /** The same for every other REST read of live data. */
  slowRest(ms: number): void
  /** The store lists the newest rows first, whatever the request asks for. */
  ignoreAscending(on?: boolean): void
  /** The store reports a total of 0 beside its rows. */
  zeroTotal(on?: boolean): void
  /** The store serves at most this many rows a page. Undefined: as many as the request asks for. */
  capPages(rows: number | undefined): void
  /** The store serves a page beyond its end as the `last` one, or every page as the `first`. Undefined: ends the fault. */
  wrongPages(how: WrongPage | undefined): void
  /** Bodies of reads end after their first half: they `stall`, or the connection is `cut`. Undefined: ends the fault. */
  breakBodies(how: BrokenBody | undefined): void
  /** Changes of events fail: see `BrokenWrite`. Undefined: ends the fault. */
  breakWrites(how: BrokenWrite | undefined): void
  /** Loses this many of the next pushes; `true`: all from now on; `false`: none. */
  dropPushes(count: number | boolean): void
  /** Pushes everything twice. */
  duplicatePushes(on?: boolean): void
  /** Behaves as Meshery's buffer of one: of the pushes of one turn only the first arrives. */
  oneSlot(on?: boolean): void
  /**
   * Sends nonsense to all live channels. `bytes` is the size of `binary` (default 64) and of `huge` (default 20 000 000), which is a
   * valid message with a long description.
   */
  garbage(kind: Garbage, bytes?: number): void
  /** Sends a text to all live channels as it is: a WebSocket frame, or a piece of an SSE stream. */
  sendRaw(text: string): void
  /** Meshery cannot reach the remote provider: 503 since v1.0, a redirect to the login before. Needs `auth`. */
  providerDown(on?: boolean): void
  /** Rejects every token from now on. Live channels stay open, as with Meshery. Needs `auth`. */
  expireToken(): void
  /** Accepts only this token from now on. Needs `auth`. */
  acceptToken(token: string): void
  /** Refreshes the token: earlier ones stay valid, but HTTP answers to them set the fresh one. Needs `auth`. */
  rotateToken(fresh: string): void
  /** Ends every fault; thaws, and listens again. Tokens stay as they are. */
  calm(): Promise<void>
}

/** What faults act on. */
interface FaultTargets {
  readonly activeFaults: ActiveFaults
  readonly liveChannels: { all(): readonly LiveChannel[] }
  readonly tcpConnections: { refuse(): void; listenAgain(): Promise<void>; freeze(): void; thaw(): void }
  readonly identityProvider: { expire(): void; accept(token: string): void; rotate(fresh: string): void }
}

export function createFaults({ activeFaults, liveChannels, tcpConnections, identityProvider }: FaultTargets): Faults {
  const { values, blocked } = activeFaults
  const toAll = (act: (channel: LiveChannel) => void): void => {
    for (const channel of liveChannels.all()) act(channel)
  }
  return {
    cut: () => toAll((channel) => channel.cut()),
    endChannels: (code = 1000, reason = 'terminated') => toAll((channel) => channel.end(code, reason)),
    cutYoung(ms) {
      values.channelLifetimeMs = ms
    },
    async refuse(on = true) {
      if (on) tcpConnections.refuse()
      else await tcpConnections.listenAgain()
    },
    freeze: () => tcpConnections.freeze(),
    thaw: () => tcpConnections.thaw(),
    delayAck(ms) {
      values.ackDelayMs = ms
    },
    answer: (target, status, how = {}) => activeFaults.setAnswer(target, status, how),
    block(transport, on = true) {
      if (on) blocked.add(transport)
      else blocked.delete(transport)
    },
    compress(on = true) {
      values.compresses = on
    },
    slowStore(ms) {
      values.storeDelayMs = ms
    },
    slowRest(ms) {
      values.restDelayMs = ms
    },
    ignoreAscending(on = true) {
      values.ignoreAscending = on
    },
    zeroTotal(on = true) {
      values.zeroTotal = on
    },
    capPages(rows) {
      values.pageCap = rows
    },
    wrongPages(how) {
      values.wrongPage = how
    },
    breakBodies(how) {
      values.brokenBody = how
    },
    breakWrites(how) {
      values.brokenWrite = how
    },
    dropPushes(count) {
      values.pushesToDrop = pushesToDrop(count)
    },
    duplicatePushes(on = true) {
      values.duplicatePushes = on
    },
    oneSlot(on = true) {
      values.oneSlot = on
    },
    garbage: (kind, bytes = kind === 'huge' ? 20_000_000 : 64) => toAll((channel) => channel.garbage(kind, bytes)),
    sendRaw: (text) => toAll((channel) => channel.raw(text)),
    providerDown(on = true) {
      values.providerDown = on
    },
    expireToken: () => identityProvider.expire(),
    acceptToken: (token) => identityProvider.accept(token),
    rotateToken: (fresh) => identityProvider.rotate(fresh),
    async calm() {
      activeFaults.calm()
      tcpConnections.thaw()
      await tcpConnections.listenAgain()
    },
  }
}

function pushesToDrop(count: number | boolean): number {
  if (typeof count === 'number') return count
  return count ? Number.POSITIVE_INFINITY : 0
}
