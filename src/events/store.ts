import { asRetryable } from '../base/as-retryable.ts'
import { MesheryError } from '../base/errors.ts'
import { unsupportedStream } from '../connection/stream-errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import { type Answer, fewestRows, mostRows, type Page, pageBytes, pageSize, smallestPage } from './page.ts'

/**
 * The store of a log, read by offset. Knows what differs between servers: the path, whether pages are counted from 0
 * or from 1, and whether ascending order is honoured; found out by looking, and remembered.
 */
export class Store<Item> {
  readonly stream: EventDeclaration<Item>
  /** False once a page asked for in ascending order came in descending order, or rows came with a total of 0. */
  ascends = true
  /** Called when a read finds that rows are missing which it cannot bring. */
  readonly lost: (error: MesheryError) => void
  readonly #server: HttpClient
  readonly #timeout: number
  readonly #version: ((signal: AbortSignal) => Promise<string | null>) | undefined
  #path = 0
  #base: 0 | 1 | undefined
  /** Rows that the server gives on a page at most. */
  #cap: number = pageSize
  /** Rows that are asked for at most, by their size. */
  #fitting: number = pageSize
  /** How many rows as large as those of the last answer would fit. */
  #wouldFit: number = pageSize
  /** Whether it was ever read. */
  #proven = false

  /**
   * @param version Asks the server for its release.
   * @param lost Called with the error that says which rows are missing and cannot be read.
   */
  constructor(
    stream: EventDeclaration<Item>,
    server: HttpClient,
    timeout: number,
    version?: (signal: AbortSignal) => Promise<string | null>,
    lost: (error: MesheryError) => void = () => {},
  ) {
    this.lost = lost
    this.stream = stream
    this.#server = server
    this.#timeout = timeout
    this.#version = version
  }

  /** Rows on a page: what this server gives at most, or several of its pages when they are small; fewer large ones. */
  get pageSize(): number {
    const given = this.#cap < pageSize ? Math.max(this.#cap, smallestPage) : pageSize
    return Math.min(given, Math.max(this.#fitting, fewestRows))
  }

  /** The newest rows, newest first. */
  async newest(signal: AbortSignal): Promise<Page<Item>> {
    this.#cap = pageSize
    const { pageSize: size } = this
    const page = await this.page(0, size, 'desc', signal)
    if (page.total >= page.count) return page
    if (page.total < page.items.length) this.ascends = false
    return page.short && (await this.isCapped(size, 'desc', signal)) ? this.page(0, size, 'desc', signal) : page
  }

  /** Lets pages grow again, to twice the rows, once rows are smaller. To be called before a read. */
  grow(): void {
    this.#fitting = Math.max(this.#fitting, Math.min(2 * this.#fitting, this.#wouldFit, pageSize))
  }

  /**
   * `size` rows from offset `number * size`, counted from the oldest row (`asc`) or from the newest (`desc`), on however
   * small pages the server gives them; fewer when they are large.
   */
  async page(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Page<Item>> {
    for (;;) {
      const cap = this.#cap
      const most = this.#most
      try {
        const answer =
          size > most ? await this.#joined(number, size, order, signal) : await this.#whole(number, size, order, signal)
        // Found to be smaller meanwhile: what was given lies elsewhere.
        if (this.#cap !== cap) continue
        const { rows, total, date, cut = false } = answer
        const items = rows.filter((row) => row !== undefined)
        return { items, count: rows.length, total, short: !cut && rows.length < size, cut, date }
      } catch (error) {
        const tooLarge = error instanceof MesheryError && error.code === 'TOO_LARGE'
        if (!tooLarge || most === 1) throw error
        this.#fitting = this.#wouldFit = Math.max(1, most >> 2)
      }
    }
  }

  /** Whether the server gives fewer rows on a page than asked for, though there are more; remembered. */
  async isCapped(size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<boolean> {
    const asked = Math.min(size, this.#most)
    return this.#caps(await this.#at(0, asked, order, signal), asked, order, signal)
  }

  /** To be called when the server may have become another release. */
  reconsider(): void {
    // No release went back to counting from 1.
    if (this.#base === 1) this.#base = undefined
  }

  /** A page of ours from several of the server's. */
  async #joined(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    const [cap, most] = [this.#cap, this.#most]
    const [from, to] = [number * size, (number + 1) * size]
    for (let tries = 1; ; tries++) {
      const rows: (Item | undefined)[] = []
      let total: number | undefined
      let date: number | null = null
      let whole = true
      let cut = false
      let bytes = 0
      for (let part = Math.floor(from / most); part * most < to && !cut; part++) {
        const answer = await this.#whole(part, most, order, signal)
        // Rows that were deleted meanwhile draw others past the place where they are looked for.
        whole &&= answer.total >= (total ?? answer.total)
        ;({ total, date } = answer)
        bytes += answer.bytes
        rows.push(...answer.rows.slice(Math.max(0, from - part * most), to - part * most))
        if (this.#cap !== cap || answer.rows.length < most) break
        // Not one of the present size, or who begins anew with smaller pages would not come to an end.
        cut = bytes >= pageBytes && rows.length >= fewestRows && rows.length < size && size > 2 * this.pageSize
      }
      if (whole || tries > 4 || this.#cap !== cap) return { rows, total: total ?? 0, date, bytes, cut }
    }
  }

  /** A page of the server, which is looked into if it has fewer rows than it should by the total. */
  async #whole(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    const answer = await this.#at(number, size, order, signal)
    const { length } = answer.rows
    if (length > 0 && length < size && number * size + length < answer.total)
      await this.#caps(number === 0 ? answer : await this.#at(0, size, order, signal), size, order, signal)
    return answer
  }

  async #caps({ rows }: Answer<Item>, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<boolean> {
    const { length } = rows
    if (length === 0 || length >= Math.min(size, this.#cap)) return false
    const next = await this.#at(1, length, order, signal)
    const known = new Set(this.#ids(rows))
    if (this.#ids(next.rows).every((id) => known.has(id))) return false
    this.#cap = length
    return true
  }

  #ids(rows: readonly (Item | undefined)[]): (string | null)[] {
    return rows.flatMap((row) => (row === undefined ? [] : [this.stream.id(row)]))
  }

  /** A page of the server, counted from 0. */
  async #at(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    for (let tries = 1; ; tries++) {
      const path = this.#path
      const first = number === 0 ? 0 : await this.#firstPage(signal)
      const answer = await this.#fetch(number + first, size, order, signal)
      // Found elsewhere, its pages may be counted otherwise.
      if (number === 0 || path === this.#path || tries > 4) return answer
    }
  }

  /** Releases of 2023 and 2024 count pages from 1, and give page 1 for page 0: the oldest rows, which seldom move. */
  async #firstPage(signal: AbortSignal): Promise<0 | 1> {
    const size = Math.min(20, this.#most)
    for (let tries = 1; this.#base === undefined; tries++) {
      const pages = [this.#fetch(0, size, 'asc', signal), this.#fetch(1, size, 'asc', signal)] as const
      const [zero, one] = await Promise.all(pages)
      const known = new Set(this.#ids(zero.rows))
      const ids = this.#ids(one.rows)
      const { length } = ids
      const same = ids.filter((id) => known.has(id)).length
      // Page 1 may be page 0 since there is no other: then one page further is right, whatever is counted.
      if (length > 0 && same === length && one.rows.length < size) return 1
      // Rows that came or went between the two move some along: then a second look tells.
      if (same === 0) this.#base = 0
      else if (same === length || tries > 4) this.#base = same > length / 2 ? 1 : 0
    }
    return this.#base
  }

  async #fetch(page: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Answer<Item>> {
    const query = `?page=${page}&pagesize=${size}&pageSize=${size}&sort=created_at&order=${order}`
    const paths = this.stream.store
    let refusal: MesheryError | undefined
    // Another read may find the path meanwhile: each tries all of them by its own count.
    const known = this.#path
    for (let step = 0; step < paths.length; step++) {
      const path = (known + step) % paths.length
      try {
        const result = await this.#read(`${paths[path]}${query}`, size, signal)
        if (path !== this.#path) this.#base = undefined
        this.#path = path
        this.#proven = true
        return result
      } catch (error) {
        // Not there: another release has it under another path.
        if (!(error instanceof MesheryError && error.code === 'NOT_MESHERY')) throw this.#judged(error)
        refusal ??= error
      }
    }
    // What says its release is a Meshery, of a time before this log.
    if (!this.#proven && refusal && (await this.#version?.(signal)))
      throw unsupportedStream(this.stream, refusal, 'store')
    throw this.#judged(refusal)
  }

  /** What worked before may work again: a router answers for a server that restarts, and somebody mends a certificate. */
  #judged(error: unknown): unknown {
    return this.#proven ? asRetryable(error) : error
  }

  async #read(path: string, size: number, signal: AbortSignal): Promise<Answer<Item>> {
    // Where fewer can be asked for, an answer is not read to its end only to find that it is too large.
    const limit = size > fewestRows ? 2 * pageBytes : undefined
    const reading = { phase: 'store', timeout: this.#timeout, signal, limit } as const
    const { body, date, length: bytes } = await this.#server.json(path, reading)
    const page = this.stream.page(body)
    if (!page)
      throw new MesheryError('NOT_MESHERY', `The answer of ${path} is not a page of ${this.stream.name}`, {
        phase: 'store',
      })
    const rows = page.rows.map((row) => {
      const item = this.stream.item(row, 'store')
      // A row without an id cannot be told from others; the store has none such.
      return item === undefined || this.stream.id(item) === null ? undefined : item
    })
    const total = Number.isInteger(page.total) && page.total > 0 && page.total <= mostRows ? page.total : 0
    if (rows.length > 0) {
      this.#wouldFit = Math.max(1, Math.floor((pageBytes * rows.length) / bytes))
      this.#fitting = Math.min(this.#fitting, this.#wouldFit)
    }
    return { rows, total, date, bytes }
  }

  /** Rows that are asked for at once at most. */
  get #most(): number {
    return Math.min(this.#cap, this.#fitting)
  }
}
