/**
 * What can be given a wrong answer. `everything` is asked first, and means every request. `store` is the listing of events, `rest`
 * every other REST read of live data, `graphql` what comes by POST or GET instead of a WebSocket.
 */
export type AnswerTarget = 'everything' | 'upgrade' | 'sse' | 'store' | 'rest' | 'graphql' | 'health' | 'version'

/** A status; `reset`: the connection is cut without a word; `silence`: no answer ever comes. */
export type WrongStatus = number | 'reset' | 'silence'

/** How a store serves a page beyond its last one: `last`, that one again; `first`: it ignores `page` altogether. */
export type WrongPage = 'last' | 'first'

/** What becomes of a body after its first half: `stall`: the rest never comes; `cut`: the connection is reset. */
export type BrokenBody = 'stall' | 'cut'

/** The rest of a wrong answer. */
export interface WrongAnswer {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the name of the status. */
  readonly body?: string
  /** How often it is given before all is well again. Default: for ever. */
  readonly times?: number
  /** Gives it to requests of this path alone. Each path can have an answer of its own. Default: to all. */
  readonly path?: string
}

/** The faults that stand at the moment, as the rest of the fake reads them. */
export class Script {
  /** By target and path. */
  readonly #answers = new Map<string, { status: WrongStatus; how: WrongAnswer; left: number }>()
  readonly blocked: Set<'websocket' | 'sse'> = new Set()
  /** Milliseconds; infinite: never acknowledged. */
  ackDelay = 0
  /** Milliseconds. */
  storeDelay = 0
  /** Milliseconds. */
  restDelay = 0
  ignoreAscending = false
  zeroTotal = false
  pageCap: number | undefined = undefined
  wrongPage: WrongPage | undefined = undefined
  brokenBody: BrokenBody | undefined = undefined
  /** How many pushes are still to be lost. */
  pushesToDrop = 0
  duplicatePushes = false
  oneSlot = false
  /** Milliseconds that a live channel may live. */
  life: number | undefined = undefined
  providerDown = false
  /** Whether answers are compressed, whatever was asked for. */
  compresses = false

  calm(): void {
    this.#answers.clear()
    this.blocked.clear()
    this.ackDelay = 0
    this.storeDelay = 0
    this.restDelay = 0
    this.ignoreAscending = false
    this.zeroTotal = false
    this.pageCap = undefined
    this.wrongPage = undefined
    this.brokenBody = undefined
    this.pushesToDrop = 0
    this.duplicatePushes = false
    this.oneSlot = false
    this.life = undefined
    this.providerDown = false
    this.compresses = false
  }

  setAnswer(target: AnswerTarget, status: WrongStatus | undefined, how: WrongAnswer): void {
    const key = `${target} ${how.path ?? ''}`
    if (status === undefined) this.#answers.delete(key)
    else this.#answers.set(key, { status, how, left: how.times ?? Number.POSITIVE_INFINITY })
  }

  /** The wrong answer that is due, which counts it. */
  takeAnswer(
    target: AnswerTarget,
    path: string,
  ): { readonly status: WrongStatus; readonly how: WrongAnswer } | undefined {
    const key = [`${target} ${path}`, `${target} `].find((candidate) => this.#answers.has(candidate)) ?? ''
    const answer = this.#answers.get(key)
    if (!answer) return undefined
    answer.left--
    if (answer.left <= 0) this.#answers.delete(key)
    return answer
  }
}
