import type { Gatekeeper } from './auth.ts'
import type { Channels, Garbage } from './channels.ts'
import type { Connections } from './connections.ts'
import type { AnswerTarget, BrokenBody, Script, WrongAnswer, WrongPage, WrongStatus } from './script.ts'

/**
 * What can go wrong. Faults that take a value stand until they are given another; `calm()` ends them all.
 * A live channel is a WebSocket or an SSE stream.
 */
export interface Faults {
  /** Resets all live channels, as when a machine dies. */
  cut(): void
  /** Ends all live channels in good form: WebSockets with this close frame, SSE streams by their end. */
  endChannels(code?: number, reason?: string): void
  /** Cuts every live channel that opens from now on so many milliseconds after its opening. Undefined: no more. */
  cutYoung(ms: number | undefined): void
  /** Refuses new TCP connections while those that stand live on. Resolves when it is so. */
  refuse(on?: boolean): Promise<void>
  /**
   * Half-open: connections stay, new ones are accepted, nothing is read or answered. What was due meanwhile flows at
   * `thaw()`.
   */
  freeze(): void
  thaw(): void
  /** Milliseconds between `connection_init` and its acknowledgement; `Infinity`: never. Default 0. */
  delayAck(ms: number): void
  /**
   * Gives every request for this a wrong answer, or `times` of them, or those of one `path`: a status, a `reset`, or `silence`,
   * which lasts as long as the connection. Undefined: the right answer again.
   */
  answer(target: AnswerTarget, status: WrongStatus | undefined, how?: WrongAnswer): void
  /** As a network that lets only plain HTTP pass: strips `Upgrade`, or lets SSE headers pass and keeps the rest. */
  block(transport: 'websocket' | 'sse', on?: boolean): void
  /** As a front end that compresses: every answer comes in gzip, SSE included, whatever was asked for. */
  compress(on?: boolean): void
  /** Milliseconds until the store answers. The answer is what was stored when the request came. Default 0. */
  slowStore(ms: number): void
  /** The same for every other REST read of live data. */
  slowRest(ms: number): void
  /** The store lists newest first, whatever is asked for. */
  ignoreAscending(on?: boolean): void
  /** The store says that its total is 0, beside the rows it gives. */
  zeroTotal(on?: boolean): void
  /** The store gives at most so many rows a page. Undefined: as many as are asked for. */
  capPages(rows: number | undefined): void
  /** The store serves a page beyond its end as the `last` one, or every page as the `first`. Undefined: right again. */
  wrongPages(how: WrongPage | undefined): void
  /** Bodies of reads end after their first half: they `stall`, or the connection is `cut`. Undefined: right again. */
  breakBodies(how: BrokenBody | undefined): void
  /** Loses the next so many pushes, or all of them from now on, or none. */
  dropPushes(count: number | boolean): void
  /** Pushes everything twice. */
  duplicatePushes(on?: boolean): void
  /** As Meshery's buffer of one: of the pushes made in one go only the first arrives. */
  oneSlot(on?: boolean): void
  /**
   * Sends nonsense to all live channels. `bytes` is the size of `binary` (default 64) and of `huge` (default 20 000 000), which is a
   * valid message with a long description.
   */
  garbage(kind: Garbage, bytes?: number): void
  /** Sends a text to all live channels as it is: a WebSocket frame, or a piece of an SSE stream. */
  sendRaw(text: string): void
  /** Nobody can reach the remote provider: 503 since v1.0, a redirect to the login before. Needs `auth`. */
  providerDown(on?: boolean): void
  /** From now on no token is accepted. Live channels live on, as with Meshery. Needs `auth`. */
  expireToken(): void
  /** From now on this token is accepted, and no other. Needs `auth`. */
  acceptToken(token: string): void
  /** Refreshes the token: those of before stay good, but HTTP answers to them set the fresh one. Needs `auth`. */
  rotateToken(fresh: string): void
  /** Ends every fault that stands; thaws, and listens again. Tokens stay as they are. */
  calm(): Promise<void>
}

interface FaultyParts {
  readonly script: Script
  readonly channels: Channels
  readonly connections: Connections
  readonly gatekeeper: Gatekeeper
}

export function createFaults({ script, channels, connections, gatekeeper }: FaultyParts): Faults {
  return {
    cut() {
      for (const channel of channels.all()) channel.cut()
    },
    endChannels(code = 1000, reason = 'terminated') {
      for (const channel of channels.all()) channel.end(code, reason)
    },
    cutYoung(ms) {
      script.life = ms
    },
    async refuse(on = true) {
      if (on) connections.refuse()
      else await connections.listenAgain()
    },
    freeze: () => connections.freeze(),
    thaw: () => connections.thaw(),
    delayAck(ms) {
      script.ackDelay = ms
    },
    answer(target, status, how = {}) {
      script.setAnswer(target, status, how)
    },
    block(transport, on = true) {
      if (on) script.blocked.add(transport)
      else script.blocked.delete(transport)
    },
    compress(on = true) {
      script.compresses = on
    },
    slowStore(ms) {
      script.storeDelay = ms
    },
    slowRest(ms) {
      script.restDelay = ms
    },
    ignoreAscending(on = true) {
      script.ignoreAscending = on
    },
    zeroTotal(on = true) {
      script.zeroTotal = on
    },
    capPages(rows) {
      script.pageCap = rows
    },
    wrongPages(how) {
      script.wrongPage = how
    },
    breakBodies(how) {
      script.brokenBody = how
    },
    dropPushes(count) {
      script.pushesToDrop = typeof count === 'number' ? count : count ? Number.POSITIVE_INFINITY : 0
    },
    duplicatePushes(on = true) {
      script.duplicatePushes = on
    },
    oneSlot(on = true) {
      script.oneSlot = on
    },
    garbage(kind, bytes = kind === 'huge' ? 20_000_000 : 64) {
      for (const channel of channels.all()) channel.garbage(kind, bytes)
    },
    sendRaw(text) {
      for (const channel of channels.all()) channel.raw(text)
    },
    providerDown(on = true) {
      script.providerDown = on
    },
    expireToken: () => gatekeeper.expire(),
    acceptToken: (token) => gatekeeper.accept(token),
    rotateToken: (fresh) => gatekeeper.rotate(fresh),
    async calm() {
      script.calm()
      connections.thaw()
      await connections.listenAgain()
    },
  }
}
