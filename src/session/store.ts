import { MesheryError } from '../base/errors.ts'
import type { Server } from '../platform/server.ts'
import type { LogStream } from '../streams/log-stream.ts'
import { mendable } from './asking.ts'
import { hasNone } from './route-policy.ts'

/** Rows on a page. Newer servers may refuse to give more than this. */
export const pageSize = 100

/** A cap below this is taken for a miscount of the server's. */
const smallestPage = 10

export interface Page<Item> {
  /** In the order in which the server gave them. */
  readonly items: readonly Item[]
  /** How many rows the page has, those that cannot be read included. */
  readonly count: number
  /** How many rows there are in all, or 0 when the server does not say. */
  readonly total: number
  /** Whether the page is the last: it holds fewer rows than asked for. */
  readonly short: boolean
  /** The server's clock, in ms; null when it does not say. */
  readonly date: number | null
}

/**
 * The store of a log, read by offset. Knows what differs between servers: the path, whether pages are counted from 0
 * or from 1, and whether ascending order is honoured; found out by looking, and remembered.
 */
export class Store<Item> {
  readonly stream: LogStream<Item>
  /** False once a page asked for in ascending order came in descending order, or rows came with a total of 0. */
  ascends = true
  /** Rows on a page: what this server gives at most. */
  pageSize: number = pageSize
  readonly #server: Server
  readonly #timeout: number
  readonly #version: ((signal: AbortSignal) => Promise<string | null>) | undefined
  #path = 0
  #base: 0 | 1 | undefined
  /** Whether it was ever read. */
  #proven = false

  /** @param version Asks the server for its release. */
  constructor(
    stream: LogStream<Item>,
    server: Server,
    timeout: number,
    version?: (signal: AbortSignal) => Promise<string | null>,
  ) {
    this.stream = stream
    this.#server = server
    this.#timeout = timeout
    this.#version = version
  }

  /** The newest rows, newest first. */
  async newest(signal: AbortSignal): Promise<Page<Item>> {
    const page = await this.#fetch(0, pageSize, 'desc', signal)
    if (page.items.length > 0 && page.total < page.items.length) this.ascends = false
    this.pageSize = pageSize
    const { count, total } = page
    if (count < smallestPage || count === pageSize || total <= count) return page
    // Fewer than asked for, and said not to be all: this server, or a provider behind it, may have smaller pages.
    const next = await this.page(1, count, 'desc', signal)
    if (next.count === 0) return page
    this.pageSize = count
    return { ...page, short: false }
  }

  /** `size` rows from offset `number * size`, counted from the oldest row (`asc`) or from the newest (`desc`). */
  async page(number: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Page<Item>> {
    for (;;) {
      const path = this.#path
      const first = number === 0 ? 0 : await this.#firstPage(signal)
      const page = await this.#fetch(number + first, size, order, signal)
      // Found elsewhere, its pages may be counted otherwise.
      if (number === 0 || path === this.#path) return page
    }
  }

  /** To be called when the server may have become another release. */
  reconsider(): void {
    // No release went back to counting from 1.
    if (this.#base === 1) this.#base = undefined
  }

  /** Releases of 2023 and 2024 count pages from 1, and give page 1 for page 0: the oldest rows, which seldom move. */
  async #firstPage(signal: AbortSignal): Promise<0 | 1> {
    for (let tries = 1; this.#base === undefined; tries++) {
      const pages = [this.#fetch(0, 20, 'asc', signal), this.#fetch(1, 20, 'asc', signal)] as const
      const [zero, one] = await Promise.all(pages)
      const ids = new Set(zero.items.map((item) => this.stream.id(item)))
      const same = one.items.filter((item) => ids.has(this.stream.id(item))).length
      // Rows that came or went between the two move some along: then a second look tells.
      if (same === 0) this.#base = 0
      else if (same === one.items.length || tries > 4) this.#base = same > one.items.length / 2 ? 1 : 0
    }
    return this.#base
  }

  async #fetch(page: number, size: number, order: 'asc' | 'desc', signal: AbortSignal): Promise<Page<Item>> {
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
    if (!this.#proven && refusal && (await this.#version?.(signal))) throw hasNone(this.stream, refusal, 'store')
    throw this.#judged(refusal)
  }

  /** What worked before may work again: a router answers for a server that restarts, and somebody mends a certificate. */
  #judged(error: unknown): unknown {
    return this.#proven ? mendable(error) : error
  }

  async #read(path: string, size: number, signal: AbortSignal): Promise<Page<Item>> {
    const { body, date } = await this.#server.json(path, { phase: 'store', timeout: this.#timeout, signal })
    const page = this.stream.page(body)
    if (!page)
      throw new MesheryError('NOT_MESHERY', `The answer of ${path} is not a page of ${this.stream.name}`, {
        phase: 'store',
      })
    const items: Item[] = []
    for (const row of page.rows) {
      const item = this.stream.item(row, 'store')
      // A row without an id cannot be told from others; the store has none such.
      if (item !== undefined && this.stream.id(item) !== null) items.push(item)
    }
    return { items, count: page.rows.length, total: page.total, short: page.rows.length < size, date }
  }
}
