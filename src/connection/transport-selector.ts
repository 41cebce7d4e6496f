import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import type { Operation, TransportName } from '../transports/contract.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import {
  type Blocks,
  blockTransport,
  chooseSettled,
  chooseTransport,
  finalError,
  isFatal,
  isFruitless,
  type Named,
  nextProbe,
  nextTry,
  noTransport,
} from './fallback-policy.ts'
import { NoTransportWait } from './no-transport-wait.ts'
import { lookEvery, ReleaseWatch } from './release-watch.ts'
import type { RetryState } from './retry-policy.ts'
import type { SelectorListener } from './selector-listener.ts'
import { TransportCandidate } from './transport-candidate.ts'

export interface SelectorContext {
  /** The transports allowed, best first. */
  readonly order: readonly TransportName[]
  join(transport: TransportName, listener: ConnectionListener): Joined
  /** Asks the server for its release; null when it does not say. */
  version(signal: AbortSignal): Promise<string | null>
  /** How long an SSE stream may be silent after its headers, in milliseconds. */
  readonly firstByte: number
  /** By the name of a stream, which of its spellings this server understands. */
  readonly documentVariants: Map<string, number>
}

/** What is followed, in each of the spellings that some release understands; the first that is accepted is kept. */
export interface SelectedStream extends Named {
  readonly operations: readonly Operation[]
}

/** Keeps one stream on the best transport that can be had: falls back, and finds the way back with overlap. */
export class TransportSelector {
  readonly #context: SelectorContext
  readonly #stream: SelectedStream
  readonly #sink: SelectorListener
  readonly #closing = new AbortController()
  readonly #releases: ReleaseWatch
  #blocks: Blocks = {}
  /** Which of the stream's spellings is in use. */
  #spelling = 0
  /** How many of them were refused in a row, and when the last one was: an opening in between says nothing. */
  #refused = 0
  #refusedAt = 0
  #present: TransportCandidate | undefined
  #probe: TransportCandidate | undefined
  #timer: unknown
  #everOpen = false
  readonly #standstill = new NoTransportWait()

  constructor(stream: SelectedStream, sink: SelectorListener, context: SelectorContext) {
    this.#stream = stream
    this.#sink = sink
    this.#context = context
    this.#releases = new ReleaseWatch(context.version, this.#closing.signal)
    this.#spelling = context.documentVariants.get(stream.name) ?? 0
  }

  start(): void {
    const transport = chooseTransport(this.#context.order, this.#blocks)
    if (transport) this.#take(transport, 'present')
    else this.#nothingLeft()
    this.#plan()
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer as undefined)
    this.#standstill.stop()
    for (const leg of [this.#present, this.#probe]) if (leg) this.#forget(leg)
  }

  #take(transport: TransportName, place: 'present' | 'probe'): void {
    const leg = new TransportCandidate(transport)
    if (place === 'present') this.#present = leg
    else this.#probe = leg
    const member: ConnectionListener = {
      operation: this.#stream.operations[this.#spelling] ?? {},
      insists: place === 'probe',
      state: (state) => this.#state(leg, state),
      open: () => this.#open(leg),
      frame: (frame) => {
        if (leg.open && !leg.proven) this.#prove(leg)
        this.#sink.frame(frame, transport, leg === this.#present)
      },
      end: (error) => this.#end(leg, error),
    }
    const joined = this.#context.join(transport, member)
    leg.leave = () => joined.leave()
    if (joined.state) this.#state(leg, joined.state)
  }

  #forget(leg: TransportCandidate): void {
    if (leg === this.#present) this.#present = undefined
    if (leg === this.#probe) this.#probe = undefined
    leg.end()
  }

  #state(leg: TransportCandidate, state: RetryState): void {
    const { kind, error } = state
    const isPresent = leg === this.#present
    if (!isPresent && leg !== this.#probe) return
    const trouble = kind === 'waiting' || kind === 'refused' ? error : null
    const vain = !leg.proven && (leg.isDoubted || (trouble !== null && isFruitless(this.#blocks, trouble)))
    if (trouble && (isPresent ? vain : this.#present || leg.open)) {
      this.#fallFrom(leg, trouble)
      return
    }
    // At a standstill, what is tried is the present one as soon as something else is wrong with it.
    if (trouble && !isPresent) [this.#present, this.#probe] = [leg, undefined]
    if (trouble) {
      leg.broke()
      // It may be another release that answers next.
      this.#refused = 0
    }
    if (leg === this.#present) this.#sink.state(leg.transport, state)
  }

  #open(leg: TransportCandidate): void {
    const again = this.#everOpen
    this.#everOpen = true
    leg.opened()
    this.#context.documentVariants.set(this.#stream.name, this.#spelling)
    if (leg.transport === 'polling') this.#prove(leg)
    const { fruitless, error } = this.#blocks[leg.transport] ?? {}
    // What was held back shows it again only after that time.
    const least = error?.details['reason'] ? this.#context.firstByte + 1_000 : 0
    if (fruitless) leg.doubt(() => this.#prove(leg), least)
    else this.#admit(leg)
    if (again) void this.#lookForNewRelease()
  }

  /** From here on it misses nothing: another one may go. */
  #admit(leg: TransportCandidate): void {
    this.#standstill.opened()
    if (leg === this.#probe) {
      this.#standstill.stop()
      const old = this.#present
      ;[this.#present, this.#probe] = [leg, undefined]
      old?.end()
      this.#plan()
    }
    this.#sink.open(leg.transport)
  }

  /** It delivers. */
  #prove(leg: TransportCandidate): void {
    leg.proven = true
    const { [leg.transport]: _, ...others } = this.#blocks
    this.#blocks = others
    if (!leg.isDoubted) return
    leg.believe()
    this.#admit(leg)
  }

  #end(leg: TransportCandidate, error: MesheryError | undefined): void {
    if (leg !== this.#present && leg !== this.#probe) return
    const { name, operations } = this.#stream
    if (now() - this.#refusedAt > 5_000) this.#refused = 0
    if (error?.code === 'UNSUPPORTED' && leg.transport === 'websocket' && ++this.#refused < operations.length) {
      this.#refusedAt = now()
      this.#spelling = (this.#spelling + 1) % operations.length
      this.#takeAgain(leg)
      return
    }
    this.#refused = 0
    const fatal = error && isFatal(error, this.#blocks)
    if (fatal && (leg === this.#present || !this.#present)) {
      this.#sink.failed(finalError(error, this.#blocks, this.#stream))
      return
    }
    if (!fatal && leg.ranLong && error?.code !== 'TRANSPORT_UNAVAILABLE') {
      this.#prove(leg)
      this.#takeAgain(leg)
      return
    }
    // Where the operation ended, its connection stood.
    if (leg.transport !== 'polling' && (!error || error.code === 'GRAPHQL_ERROR')) leg.open = this.#everOpen = true
    this.#fallFrom(leg, error ?? new MesheryError('CONNECTION_LOST', `The server ended ${name}`, { phase: 'stream' }))
  }

  #takeAgain(leg: TransportCandidate): void {
    leg.believe()
    this.#take(leg.transport, leg === this.#probe ? 'probe' : 'present')
  }

  #fallFrom(leg: TransportCandidate, error: MesheryError): void {
    const { transport, open, proven } = leg
    this.#forget(leg)
    this.#blocks = blockTransport(this.#blocks, transport, error, now(), open && !proven)
    if (this.#blocks[transport]?.until === Infinity) this.#releases.begin()
    // A probe under way may be the best there is now.
    if (!this.#present) [this.#present, this.#probe] = [this.#probe, undefined]
    if (this.#present) this.#plan()
    else this.start()
  }

  async #lookForNewRelease(): Promise<void> {
    if (!(await this.#releases.differs())) return
    this.#blocks = {}
    this.#standstill.stop()
    if (this.#present || this.#probe) this.#plan()
    else this.start()
  }

  #plan(): void {
    clearTimeout(this.#timer as undefined)
    if (this.#closing.signal.aborted || this.#probe || !this.#present) return
    const [{ order }, { transport }] = [this.#context, this.#present]
    const best = chooseTransport(order, this.#blocks)
    // Another release may have what the one before had not.
    if (best && order.indexOf(best) < order.indexOf(transport)) {
      this.#take(best, 'probe')
      return
    }
    const way = nextProbe(order, this.#blocks, transport)
    const looks = transport === 'polling' && this.#releases.isOn
    if (!way && !looks) return
    const later = (): void => {
      if (looks) void this.#lookForNewRelease()
      if (way) this.#take(way.transport, 'probe')
      else this.#plan()
    }
    this.#timer = release(setTimeout(later, way ? Math.max(0, way.at - now()) : lookEvery))
  }

  /** Nothing delivers. It stays on one transport, says so once, and tries again ever less often. */
  #nothingLeft(): void {
    const { order } = this.#context
    const at = chooseSettled(order, this.#blocks, this.#everOpen)
    const reason = at && this.#blocks[at]?.error
    if (!reason) {
      this.#sink.failed(noTransport(this.#stream, this.#blocks))
      return
    }
    const state = this.#standstill.wait(reason, () => this.#take(nextTry(order, this.#blocks, at, now()), 'probe'))
    this.#sink.state(at, state)
  }
}
