import { release, sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import type { Member } from './link.ts'
import { type AttemptState, idle } from './policy.ts'
import { type Blocks, block, choose, isFatal, verdict, wayBack } from './route-policy.ts'

/** An operation that the server ended is taken up again at once if it ran at least this long, in milliseconds. */
const ranLong = 5_000
/** How soon the only transports that could be had are tried again, in milliseconds, doubling. */
const firstPause = 1_000
const longestPause = 30_000
/** When the release is looked at after a reconnection until it is told, in milliseconds: at once, and later. */
const looks = [0, 2_000, 5_000]
/** How often it is looked at while polling, which may not notice a restart, in milliseconds. */
const lookEvery = 600_000

export interface RouteContext {
  /** The transports allowed, best first. */
  readonly order: readonly TransportName[]
  join(transport: TransportName, member: Member): () => void
  /** Asks the server for its release; null when it does not say. */
  version(signal: AbortSignal): Promise<string | null>
  /** By the name of a stream, which of its spellings this server understands. */
  readonly spellings: Map<string, number>
}

/** What is followed, in each of the spellings that some release understands; the first that is accepted is kept. */
export interface RouteStream {
  readonly name: string
  readonly operations: readonly Operation[]
  /** Which releases have it, for the error. */
  readonly since: string
}

export interface RouteSink {
  state(transport: TransportName, state: AttemptState): void
  /** The present transport lets nothing be missed from now on. */
  open(transport: TransportName): void
  /** Something was pushed. `ours` is false while a transport is only being tried beside the present one. */
  frame(frame: Frame, transport: TransportName, ours: boolean): void
  /** No transport is left, or none can help. */
  failed(error: MesheryError): void
}

interface Leg {
  readonly transport: TransportName
  leave(): void
  open: boolean
  joinedAt: number
}

/** Keeps one stream on the best transport that can be had: falls back, and finds the way back with overlap. */
export class Route {
  readonly #context: RouteContext
  readonly #stream: RouteStream
  readonly #sink: RouteSink
  readonly #closing = new AbortController()
  #blocks: Blocks = {}
  /** Which of the stream's spellings is in use. */
  #spelling = 0
  /** How many of them were refused in a row. */
  #refused = 0
  #present: Leg | undefined
  #probe: Leg | undefined
  #timer: unknown
  #everOpen = false
  #pause: unknown
  #pauses = 0
  /** The release at the time something was blocked for good. */
  #version: Promise<string | null> | undefined

  constructor(stream: RouteStream, sink: RouteSink, context: RouteContext) {
    this.#stream = stream
    this.#sink = sink
    this.#context = context
    this.#spelling = context.spellings.get(stream.name) ?? 0
  }

  start(): void {
    const transport = choose(this.#context.order, this.#blocks)
    if (transport) this.#take(transport, 'present')
    else this.#nothingLeft()
    this.#plan()
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer as undefined)
    clearTimeout(this.#pause as undefined)
    this.#present?.leave()
    this.#probe?.leave()
    this.#present = this.#probe = undefined
  }

  #take(transport: TransportName, place: 'present' | 'probe'): void {
    const leg: Leg = { transport, leave: () => {}, open: false, joinedAt: now() }
    if (place === 'present') this.#present = leg
    else this.#probe = leg
    const member: Member = {
      operation: this.#stream.operations[this.#spelling] ?? {},
      insists: place === 'probe',
      state: (state) => this.#state(leg, state),
      open: () => this.#open(leg),
      frame: (frame) => this.#sink.frame(frame, transport, leg === this.#present),
      end: (error) => this.#end(leg, error),
    }
    const leave = this.#context.join(transport, member)
    // It may be over already: what is told while it joins is heard at once.
    if (leg === this.#present || leg === this.#probe) leg.leave = leave
    else leave()
  }

  #state(leg: Leg, state: AttemptState): void {
    if (leg === this.#present) this.#sink.state(leg.transport, state)
    else if (leg === this.#probe && state.error && state.kind !== 'unavailable') this.#giveUpProbe(leg, state.error)
  }

  #open(leg: Leg): void {
    const again = this.#everOpen
    leg.open = this.#everOpen = true
    leg.joinedAt = now()
    this.#refused = 0
    this.#context.spellings.set(this.#stream.name, this.#spelling)
    if (leg === this.#probe) {
      // From here on the new one misses nothing: the old one may go.
      const old = this.#present
      this.#present = leg
      this.#probe = undefined
      const { [leg.transport]: _, ...others } = this.#blocks
      this.#blocks = others
      old?.leave()
      this.#plan()
    }
    this.#sink.open(leg.transport)
    if (again) void this.#lookForNewRelease()
  }

  #end(leg: Leg, error: MesheryError | undefined): void {
    if (leg !== this.#present && leg !== this.#probe) return
    const name = this.#stream.name
    const spellings = this.#stream.operations.length
    if (error?.code === 'UNSUPPORTED' && leg.transport === 'websocket' && ++this.#refused < spellings) {
      this.#spelling = (this.#spelling + 1) % spellings
      this.#takeAgain(leg)
      return
    }
    this.#refused = 0
    const fatal = error && isFatal(error)
    if (fatal && leg === this.#present) {
      this.#sink.failed(verdict(error, this.#blocks, this.#stream))
      return
    }
    if (!fatal && leg.open && now() - leg.joinedAt >= ranLong) {
      this.#pauses = 0
      this.#takeAgain(leg)
      return
    }
    const reason = error ?? new MesheryError('CONNECTION_LOST', `The server ended ${name}`, { phase: 'stream' })
    this.#block(leg.transport, reason)
    if (leg === this.#probe) this.#probe = undefined
    else {
      this.#present = undefined
      // A probe under way may be the best there is now.
      if (this.#probe) [this.#present, this.#probe] = [this.#probe, undefined]
      else this.start()
    }
    this.#plan()
  }

  #takeAgain(leg: Leg): void {
    this.#take(leg.transport, leg === this.#probe ? 'probe' : 'present')
  }

  #giveUpProbe(leg: Leg, error: MesheryError): void {
    this.#probe = undefined
    leg.leave()
    this.#block(leg.transport, error)
    this.#plan()
  }

  #block(transport: TransportName, error: MesheryError): void {
    this.#blocks = block(this.#blocks, transport, error, now())
    if (this.#blocks[transport]?.until === Infinity) this.#version ??= this.#context.version(this.#closing.signal)
  }

  /** A new release shows only after the server was restarted, that is, after the present transport was cut. */
  async #lookForNewRelease(): Promise<void> {
    if (!this.#version) return
    const before = await this.#version
    const { signal } = this.#closing
    let version: string | null = null
    for (const wait of looks) {
      if (version === null) await sleep(wait, signal)
      version ??= signal.aborted ? null : await this.#context.version(signal)
    }
    if (signal.aborted || version === null || version === before) return
    this.#version = Promise.resolve(version)
    // What cannot be had from one release says nothing of another.
    this.#blocks = {}
    this.#plan()
  }

  #plan(): void {
    clearTimeout(this.#timer as undefined)
    if (this.#closing.signal.aborted || this.#probe || !this.#present) return
    const { order } = this.#context
    const { transport } = this.#present
    const best = choose(order, this.#blocks)
    // Another release may have what the one before had not.
    if (best && order.indexOf(best) < order.indexOf(transport)) {
      this.#take(best, 'probe')
      return
    }
    const way = wayBack(order, this.#blocks, transport)
    const looks = transport === 'polling' && this.#version !== undefined
    if (!way && !looks) return
    const later = (): void => {
      if (looks) void this.#lookForNewRelease()
      if (way) this.#take(way.transport, 'probe')
      else this.#plan()
    }
    this.#timer = release(setTimeout(later, way ? Math.max(0, way.at - now()) : lookEvery))
  }

  #nothingLeft(): void {
    const blocks = Object.values(this.#blocks)
    const again = this.#context.order.find((transport) => this.#blocks[transport]?.until !== Infinity)
    if (this.#everOpen && again) {
      this.#waitFor(again)
      return
    }
    const cause = blocks.at(-1)?.error
    const why = blocks.map((entry) => entry.error.message).join('; ')
    const none = new MesheryError('NO_TRANSPORT', `No allowed transport serves ${this.#stream.name}: ${why}`, {
      phase: cause?.phase ?? 'upgrade',
      cause,
    })
    this.#sink.failed(verdict(none, this.#blocks, this.#stream))
  }

  /** It worked before, and nothing else does: then it is tried again soon, however often it failed. */
  #waitFor(transport: TransportName): void {
    const error = this.#blocks[transport]?.error ?? null
    const wait = Math.min(longestPause, firstPause * 2 ** this.#pauses++)
    this.#sink.state(transport, { ...idle, kind: 'waiting', attempt: this.#pauses, until: now() + wait, error })
    this.#pause = release(setTimeout(() => this.#take(transport, 'present'), wait))
  }
}
