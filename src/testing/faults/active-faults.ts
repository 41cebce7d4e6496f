/**
 * What can receive a wrong answer. `everything` is checked first, and matches every request. `store` is the listing of events, `rest`
 * every other REST read of live data, `graphql` what comes by POST or GET instead of a WebSocket.
 */
export type AnswerTarget =
  | 'everything'
  | 'upgrade'
  | 'sse'
  | 'store'
  | 'rest'
  | 'graphql'
  | 'write'
  | 'health'
  | 'version'

/** A status; `reset`: the connection is reset; `silence`: no answer ever comes. */
export type WrongStatus = number | 'reset' | 'silence'

/** How a store serves a page beyond its last one: `last`, that one again; `first`: it ignores `page` altogether. */
export type WrongPage = 'last' | 'first'

/** What happens to a body after its first half: `stall`: the rest never comes; `cut`: the connection is reset. */
export type BrokenBody = 'stall' | 'cut'

/**
 * How a change of events fails. `half`: the first half of a list is changed, and the answer is 500. `error-text`: nothing is
 * changed, and the answer is 200 with the text of an error. `ignored`: nothing is changed, and the answer is that of a success.
 * `lost`: all are changed, and the connection is reset in place of an answer.
 */
export type BrokenWrite = 'half' | 'error-text' | 'ignored' | 'lost'

/** The rest of a wrong answer. */
export interface WrongAnswer {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the name of the status. */
  readonly body?: string
  /** How many requests receive it. Default: all, until the fault ends. */
  readonly times?: number
  /** Only requests of this path receive it. Each path can have an answer of its own. Default: all paths. */
  readonly path?: string
}

/** The faults that are one value each. */
export interface FaultValues {
  /** Milliseconds between `connection_init` and its acknowledgement; infinite: never. */
  ackDelayMs: number
  storeDelayMs: number
  restDelayMs: number
  ignoreAscending: boolean
  zeroTotal: boolean
  /** The most rows of one page of the store. */
  pageCap: number | undefined
  wrongPage: WrongPage | undefined
  brokenBody: BrokenBody | undefined
  brokenWrite: BrokenWrite | undefined
  /** How many of the next pushes are lost. */
  pushesToDrop: number
  duplicatePushes: boolean
  oneSlot: boolean
  /** The lifetime of each live channel that opens from now on. */
  channelLifetimeMs: number | undefined
  providerDown: boolean
  /** Whether every answer is compressed, whatever the client accepts. */
  compresses: boolean
}

const noFaults: Readonly<FaultValues> = {
  ackDelayMs: 0,
  storeDelayMs: 0,
  restDelayMs: 0,
  ignoreAscending: false,
  zeroTotal: false,
  pageCap: undefined,
  wrongPage: undefined,
  brokenBody: undefined,
  brokenWrite: undefined,
  pushesToDrop: 0,
  duplicatePushes: false,
  oneSlot: false,
  channelLifetimeMs: undefined,
  providerDown: false,
  compresses: false,
}

/** A wrong answer, and how many more requests receive it. */
interface DueAnswer {
  readonly status: WrongStatus
  readonly how: WrongAnswer
  remaining: number
}

/** The faults that are active now. `Faults` sets them; the other rooms read them. */
export class ActiveFaults {
  readonly #answers = new Map<string, DueAnswer>()
  readonly values: FaultValues = { ...noFaults }
  /** The transports that a proxy blocks. */
  readonly blocked: Set<'websocket' | 'sse'> = new Set()

  /** Ends all of them. */
  calm(): void {
    this.#answers.clear()
    this.blocked.clear()
    Object.assign(this.values, noFaults)
  }

  setAnswer(target: AnswerTarget, status: WrongStatus | undefined, how: WrongAnswer): void {
    const key = keyOf(target, how.path)
    if (status === undefined) this.#answers.delete(key)
    else this.#answers.set(key, { status, how, remaining: how.times ?? Number.POSITIVE_INFINITY })
  }

  /** The wrong answer that a request receives, which counts it. Undefined: none. */
  takeAnswer(target: AnswerTarget, path: string): Omit<Readonly<DueAnswer>, 'remaining'> | undefined {
    const key = this.#answers.has(keyOf(target, path)) ? keyOf(target, path) : keyOf(target)
    const answer = this.#answers.get(key)
    if (!answer) return undefined
    answer.remaining--
    if (answer.remaining <= 0) this.#answers.delete(key)
    return answer
  }
}

const keyOf = (target: AnswerTarget, path = ''): string => `${target} ${path}`
