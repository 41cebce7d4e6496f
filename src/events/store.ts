import { asRetryable } from '../base/as-retryable.ts'
import { hasCode, MesheryError } from '../base/errors.ts'
import { DialThrottle } from '../connection/retry-loop.ts'
import { unsupportedStream } from '../connection/stream-errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import { type Answer, isOrdered, maxTotal, minLargeRows, minPageSize, type Page, pageBytes, pageSize } from './page.ts'
import { ReadProgress, type SharedProgress } from './read-progress.ts'

/** After this many requests for small pages the store asks for a large one: a proxy may have limited them for a moment. */
const maxSmallRequests = 20
/** After this many reads a store that gave no ascending order is tried with it again: it may have been wrong for a moment. */
const readsInOrder = 64
/** How far apart subscriptions begin their own readings while requests fail, in milliseconds. */
const failingGapMs = 100

/** What a store is read with. */
export interface StoreContext {
  readonly server: HttpClient
  /** `request`: how long one request may take, in milliseconds. */
  readonly timeouts: { readonly request: number }
  /** Asks the server for its release. */
  version?(signal: AbortSignal): Promise<string | null>
}

/**
 * The store of the events, read by offset. Finds out and remembers what differs between servers: the path, whether pages are
 * counted from 0 or from 1, how many rows a page has at most, and whether ascending order is supported.
 */
export class Store<Item> implements SharedProgress {
  readonly stream: EventDeclaration<Item>
  /** False after two pages that were asked for in ascending order and came in descending order, or rows with a total of 0. */
  ascends = true
  idlePages = 0
  /** Whether a live channel shows that the credentials are good. */
  hasChannel = false
  /** Keeps the own readings of all subscriptions apart while requests fail. */
  readonly throttle: DialThrottle = new DialThrottle()
  readonly #context: StoreContext
  /** The number of the path that worked. */
  #path = 0
  /** The number of the first page. */
  #firstPageNumber: 0 | 1 | undefined
  /** Rows on a page of the server at most. */
  #cap: number = pageSize
  /** How many requests for small pages there were since a large one was tried. */
  #smallRequests = 0
  /** How many rows fit into the bytes of a page: no request asks for more. */
  #fitting: number = pageSize
  /** How many rows as large as those of the last answer would fit. */
  #wouldFit: number = pageSize
  #reads = 0
  /** Where the store ended when it was last read to its end; -1 once it has rows after that. */
  #end = 0
  /** Whether it was ever read. */
  #wasRead = false

  constructor(stream: EventDeclaration<Item>, context: StoreContext) {
    this.stream = stream
    this.#context = context
    this.throttle.gapMs = 0
  }

  /**
   * Rows on a page: as many as this server returns at most, or several of its pages if they are small; fewer if the rows
   * are large. It may become smaller while a read is under way.
   */
  get pageSize(): number {
    return Math.min(Math.max(this.#cap, minPageSize), Math.max(this.#fitting, minLargeRows))
  }

  /** The newest rows, newest first. */
  async newest(signal: AbortSignal): Promise<Page<Item>> {
    this.#cap = pageSize
    const page = await this.page(0, this.pageSize, 'desc', signal)
    if (page.total < page.items.length) this.ascends = false
    return page
  }

  /** Lets pages grow again, to twice the rows, once rows are smaller, and tries another order now and then. To be called before a read. */
  grow(): void {
    this.ascends ||= ++this.#reads % readsInOrder === 0
    this.#fitting = Math.max(this.#fitting, Math.min(2 * this.#fitting, this.#wouldFit, pageSize))
  }

  /**
   * `size` rows from offset `number * size`, counted from the oldest row (`asc`) or from the newest (`desc`), on several
   * pages of the server where it returns fewer rows on a page; fewer rows if they are large.
   */
  async page(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Page<Item>> {
    const progress = new ReadProgress(this, signal)
    for (;;) {
      const cap = this.#cap
      const answer = await this.#fittingAnswer(number, size, order, signal)
      // The server's pages are smaller than was assumed: these rows lie elsewhere.
      if (this.#cap !== cap) continue
      const { rows, total, date, cut = false, isDoubtful } = answer
      const isReadAgain = isDoubtful && (await progress.canRepeat())
      if (isReadAgain) continue
      const items = rows.filter((row) => row !== undefined)
      const short = !cut && rows.length < size
      // It stays so, however often it is asked.
      if (short && isDoubtful) this.#end = number * size + rows.length
      return { items, count: rows.length, total, short, cut, date }
    }
  }

  /** To be called after a read that failed, or when the server may have become another release: what was found out may be wrong. */
  reconsider(): void {
    this.recount()
    this.#cap = pageSize
    this.ascends = true
  }

  recount(): void {
    this.#firstPageNumber = undefined
  }

  /**
   * The rows in as many requests as it takes. If an answer is too large, asks for fewer rows; after many requests for small
   * pages finds out whether the server returns larger ones again.
   */
  async #fittingAnswer(
    number: number,
    size: number,
    order: 'asc' | 'desc',
    signal: AbortSignal,
  ): Promise<Answer<Item>> {
    for (;;) {
      const isTrial = this.#smallRequests >= maxSmallRequests
      const maxRows = Math.min(isTrial ? pageSize : this.#cap, this.#fitting)
      try {
        if (isTrial) {
          this.#smallRequests = 0
          const { rows } = await this.#at(0, maxRows, order, signal)
          this.#cap = Math.max(this.#cap, rows.length)
          continue
        }
        return await (size <= maxRows
          ? this.#whole(number, size, order, signal)
          : this.#join(number, size, maxRows, (part) => this.#whole(part, maxRows, order, signal)))
      } catch (error) {
        this.#askForFewer(maxRows, error)
      }
    }
  }

  /** Asks for fewer rows from now on if an answer of so many was too large. Throws any other error again. */
  #askForFewer(rows: number, error: unknown): void {
    const isTooLarge = hasCode(error, 'TOO_LARGE')
    if (!isTooLarge || rows === 1) throw error
    this.#fitting = this.#wouldFit = Math.max(1, Math.floor(rows / 4))
  }

  /**
   * One page from several requests. Doubtful if rows were deleted in between, so that others moved past the page on
   * which they are expected, or if a part was wrong for a moment: then the rows have no order, or the first part is another now.
   */
  async #join(
    number: number,
    size: number,
    maxRows: number,
    ask: (part: number) => Promise<Answer<Item>>,
  ): Promise<Answer<Item>> {
    const cap = this.#cap
    const from = number * size
    const to = from + size
    const rows: (Item | undefined)[] = []
    const firstPart = Math.floor(from / maxRows)
    const first = await ask(firstPart)
    let answer = first
    let cut = false
    let bytes = 0
    let isDoubtful = false
    let part = firstPart
    for (;;) {
      bytes += answer.bytes
      rows.push(...answer.rows.slice(Math.max(0, from - part * maxRows), to - part * maxRows))
      if (this.#cap !== cap || answer.rows.length < maxRows) break
      // Never a page of the present size: a read that begins again with smaller pages would not end.
      cut = bytes >= pageBytes && rows.length >= minLargeRows && rows.length < size && size > 2 * this.pageSize
      if (cut || ++part * maxRows >= to) break
      const next = await ask(part)
      isDoubtful ||= next.total < answer.total
      answer = next
    }
    if (answer !== first) {
      const again = await ask(firstPart)
      // If another row is its last one now, rows were deleted, and others have moved past the place where they were read.
      isDoubtful ||= !isOrdered(this.stream, rows) || this.#ids(again).at(-1) !== this.#same(first, again).at(-1)
      // An empty part is the end if the server has rows where it had some, and none there.
      if (answer.rows.length === 0) isDoubtful ||= again.rows.length === 0 || (await ask(part)).rows.length > 0
    }
    return { ...answer, rows, cut, isDoubtful: isDoubtful || answer.isDoubtful }
  }

  /** A page of the server. If it has fewer rows than it should, finds out how many a page has, and whether it comes again. */
  async #whole(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    if (this.#cap < this.#fitting) this.#smallRequests++
    let answer = await this.#at(number, size, order, signal)
    while (!this.#isWhole(number, size, answer)) {
      if (await this.#isShortened(size, order, signal)) return { ...answer, isDoubtful: true }
      const again = await this.#at(number, size, order, signal)
      if (again.rows.length <= answer.rows.length) {
        this.#end = number * size + answer.rows.length
        break
      }
      // The first page may be whole although this answer was cut short: unless rows were stored meanwhile.
      if (again.total > 0 && again.total === answer.total) return { ...answer, isDoubtful: true }
      answer = again
    }
    return answer
  }

  /** Whether an answer has as many rows as were asked for, or all up to the end of the store. */
  #isWhole(number: number, size: number, { rows: { length }, total }: Answer<Item>): boolean {
    const end = number * size + length
    if (length > 0 && end > this.#end) this.#end = -1
    const isLast = end === this.#end || (total > 0 && total >= length && end >= total)
    return isLast || length >= size || (length === 0 && number > 0)
  }

  /** Finds out whether the first page has fewer rows than asked for, though there is a second one. True also if it is not clear. */
  async #isShortened(size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<boolean> {
    let first = await this.#at(0, size, order, signal)
    for (let tries = 0; tries < 4; tries++) {
      const { length } = first.rows
      if (length === 0) return true
      if (length >= Math.min(size, this.#cap)) return false
      const second = await this.#at(1, length, order, signal)
      if (second.rows.length === 0) return false
      // It may be the first one again. Fewer of its rows come there where others are stored meanwhile.
      if (this.#same(first, second).length >= length) return true
      // Its rows may have been stored in between, in a store of few rows that claims more, but not if it has them before and after.
      first = await this.#at(0, size, order, signal)
      const ids = this.#ids(first)
      const same = this.#same(second, await this.#at(1, length, order, signal))
      if (first.rows.length <= length && !same.every((id) => ids.includes(id))) {
        this.#cap = length
        break
      }
    }
    return true
  }

  /** The ids of the readable rows that both have. */
  #same(first: Answer<Item>, second: Answer<Item>): (string | null)[] {
    const known = this.#ids(first)
    return this.#ids(second).filter((id) => known.includes(id))
  }

  #ids({ rows }: Answer<Item>): (string | null)[] {
    return rows.flatMap((row) => (row ? [this.stream.id(row)] : []))
  }

  /** A page of the server, counted from 0. */
  async #at(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    for (let tries = 1; ; tries++) {
      const path = this.#path
      const first = number && (await this.#firstPage(signal))
      const answer = await this.#fetch(number + first, size, order, signal)
      // The store was found under another path: its pages may be counted differently.
      if (number === 0 || path === this.#path || tries > 4) return answer
    }
  }

  /** Releases of 2023 and 2024 count pages from 1, and return page 1 for page 0. The oldest rows show it: they seldom move. */
  async #firstPage(signal: AbortSignal): Promise<0 | 1> {
    const size = Math.min(20, this.#cap, this.#fitting)
    const ask = (page: number): Promise<Answer<Item>> => this.#fetch(page, size, 'asc', signal)
    for (let tries = 1; this.#firstPageNumber === undefined; tries++) {
      const [zero, one] = await Promise.all([ask(0), ask(1)])
      const same = this.#same(zero, one).length
      const { length } = this.#ids(one)
      // Page 1 may be the same as page 0 because there is no other: then counting from 1 is right in either case.
      if (same === length && one.rows.length < size) return length > 0 ? 1 : 0
      // If page 2 is the same as well, the server repeats one page for a moment.
      const isOne = same > length / 2 && this.#same(one, await ask(2)).length <= length / 2
      // Rows that were added or deleted between the two requests move others: then it asks again.
      if (same === 0 || same === length || tries > 4) this.#firstPageNumber = isOne ? 1 : 0
    }
    return this.#firstPageNumber
  }

  async #fetch(page: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    const query = `?page=${page}&pagesize=${size}&pageSize=${size}&sort=created_at&order=${order}`
    const paths = this.stream.store
    let refusal: MesheryError | undefined
    // Another read may find the path at the same time: each read tries all of them by its own count.
    const known = this.#path
    for (const step of paths.keys()) {
      const path = (known + step) % paths.length
      try {
        const result = await this.#read(`${paths[path]}${query}`, size, signal)
        if (path !== this.#path) this.#firstPageNumber = undefined
        this.#path = path
        this.#wasRead = true
        this.throttle.gapMs = 0
        return result
      } catch (error) {
        // Another release has it under another path.
        if (!hasCode(error, 'NOT_MESHERY')) throw this.#failed(error)
        refusal ??= error
      }
    }
    // A server that reports its release is a Meshery; it is older than this stream.
    if (!this.#wasRead && refusal && (await this.#context.version?.(signal)))
      throw unsupportedStream(this.stream, refusal, 'store')
    throw this.#failed(refusal)
  }

  /** What worked before may work again: a router answers while the server restarts, or a certificate is renewed. */
  #failed(error: unknown): unknown {
    this.throttle.gapMs = failingGapMs
    return asRetryable(error, this.#wasRead, this.hasChannel)
  }

  async #read(path: string, size: number, signal: AbortSignal): Promise<Answer<Item>> {
    const { server, timeouts } = this.#context
    // Where fewer rows can be asked for, an answer that is too large is not read to its end.
    const limit = size > minLargeRows ? 2 * pageBytes : undefined
    const options = { phase: 'store', timeout: timeouts.request, signal, limit } as const
    const { body, date, length: bytes } = await server.json(path, options)
    const page = this.stream.page(body)
    if (!page)
      throw new MesheryError('NOT_MESHERY', `The answer of ${path} is not a page of ${this.stream.name}`, {
        phase: 'store',
      })
    const rows = page.rows.map((row) => {
      const item = this.stream.item(row, 'store')
      // Rows of the store have ids; one without cannot be recognized.
      return item === undefined || this.stream.id(item) === null ? undefined : item
    })
    const total = Number.isInteger(page.total) && page.total > 0 && page.total <= maxTotal ? page.total : 0
    if (rows.length > 0) {
      this.#wouldFit = Math.max(1, Math.floor((pageBytes * rows.length) / bytes))
      this.#fitting = Math.min(this.#fitting, this.#wouldFit)
    }
    return { rows, total, date, bytes }
  }
}
