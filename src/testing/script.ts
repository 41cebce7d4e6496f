/** What can be given a wrong answer. `everything` is asked first, and means every request. */
export type AnswerTarget = 'everything' | 'upgrade' | 'sse' | 'store' | 'graphql' | 'health' | 'version'

/** The rest of a wrong answer. */
export interface WrongAnswer {
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the name of the status. */
  readonly body?: string
  /** How often it is given before all is well again. Default: for ever. */
  readonly times?: number
}

/** The faults that stand at the moment, as the rest of the fake reads them. */
export class Script {
  readonly #answers = new Map<AnswerTarget, { status: number; how: WrongAnswer; left: number }>()
  readonly blocked: Set<'websocket' | 'sse'> = new Set()
  /** Milliseconds; infinite: never acknowledged. */
  ackDelay = 0
  /** Milliseconds. */
  storeDelay = 0
  ignoreAscending = false
  zeroTotal = false
  pageCap: number | undefined = undefined
  /** How many pushes are still to be lost. */
  pushesToDrop = 0
  duplicatePushes = false
  oneSlot = false
  /** Milliseconds that a live channel may live. */
  life: number | undefined = undefined
  providerDown = false

  calm(): void {
    this.#answers.clear()
    this.blocked.clear()
    this.ackDelay = 0
    this.storeDelay = 0
    this.ignoreAscending = false
    this.zeroTotal = false
    this.pageCap = undefined
    this.pushesToDrop = 0
    this.duplicatePushes = false
    this.oneSlot = false
    this.life = undefined
    this.providerDown = false
  }

  setAnswer(target: AnswerTarget, status: number | undefined, how: WrongAnswer): void {
    if (status === undefined) this.#answers.delete(target)
    else this.#answers.set(target, { status, how, left: how.times ?? Number.POSITIVE_INFINITY })
  }

  /** The wrong answer that is due, which counts it. */
  takeAnswer(target: AnswerTarget): { readonly status: number; readonly how: WrongAnswer } | undefined {
    const answer = this.#answers.get(target)
    if (!answer) return undefined
    answer.left--
    if (answer.left <= 0) this.#answers.delete(target)
    return answer
  }
}
