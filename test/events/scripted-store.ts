import { MesheryError } from '../../src/base/errors.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { Store } from '../../src/events/store.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { EventDeclaration } from '../../src/streams/event-declaration.ts'

/** An event of the tests. A pushed one has no id; `name` distinguishes it. */
export interface Row {
  readonly id: string | null
  readonly at: string | null
  readonly name: string
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && 'id' in value

export const stream: EventDeclaration<Row> = {
  kind: 'log',
  name: 'subscribeRows',
  documents: ['subscription { subscribeRows { name } }'],
  sse: '/rows/subscribe',
  store: ['/rows', '/older/rows'],
  page(body) {
    if (typeof body !== 'object' || body === null) return undefined
    const { rows, total }: { rows?: unknown; total?: unknown } = body
    return Array.isArray(rows) ? { rows, total: typeof total === 'number' ? total : 0 } : undefined
  },
  item: (wire) => (isRow(wire) ? wire : undefined),
  id: (row) => row.id,
  at: (row) => row.at,
  traits: (row) => [row.name],
  isPushed: (row) => !row.name.startsWith('system'),
  since: 'ever',
}

export interface Request {
  readonly path: string
  readonly page: number
  readonly size: number
  readonly order: 'asc' | 'desc'
}

export interface StoreBehavior {
  /** The number of the first page. Where it is 1, page 0 is page 1 too. */
  readonly firstPage: 0 | 1
  readonly ignoresAscending: boolean | (() => boolean)
  /** The most rows that a page has, whatever is asked for. */
  readonly most: number | (() => number)
  /** The total that the server claims, from the true one. */
  readonly total: (rows: number) => unknown
  /** The path that answers; every other one is not there. */
  readonly path: string
  /** The offset that the server uses instead of the one that was asked for. */
  readonly place: (from: number, size: number, rows: number) => number
  /** How large a row is, in bytes. */
  readonly bytesOf: (row: Row) => number
  /** Changes a page before it is returned. */
  readonly change: (rows: readonly Row[], request: Request) => readonly unknown[]
}

/** The rows that were made, each with its moment: most stores of a test file have the same ones. */
const made: { readonly at: number; readonly row: Row }[] = []

/** The one before fake timers, which is several times faster. */
const RealDate = Date
/** A moment in ms, as rows have it. */
export const textOf = (at: number): string => new RealDate(at).toISOString()

/** The row of this number and this moment. */
function rowOf(number: number, at: number): Row {
  const known = made[number]
  if (known?.at === at) return known.row
  const name = `row ${number}`
  const row: Row = { id: `id of ${name}`, at: textOf(at), name }
  // A long history is made once, and then not kept.
  if (number < 20_000) made[number] = { at, row }
  return row
}

/** When the first row of a log was made. */
export const dawn: number = Date.parse('2026-01-01T00:00:00Z')

/** One for all of them: none sends a request. */
const platform = nodePlatform({ env: {} })

/** A Meshery whose store is in memory: every read of the package ends here. */
export class ScriptedStore extends HttpClient {
  /** Oldest first; of one moment, in the order in which they were stored. */
  readonly rows: Row[] = []
  readonly requests: Request[] = []
  readonly behavior: StoreBehavior
  /** Called before each page is cut; what it throws is the answer. */
  before: (request: Request) => void | Promise<void> = () => {}
  /** Called after each page is cut. */
  after: () => void = () => {}
  date: number | null = null
  /** The largest answer, and how many were too large. */
  readonly answers = { largest: 0, refused: 0 }
  #count = 0
  #newest = dawn

  constructor(behavior: Partial<StoreBehavior> = {}) {
    const credentials = new Credentials({ identity: { provider: 'None' }, setsCookies: true })
    super(platform, credentials, { url: new URL('http://store.example'), headers: {} })
    this.behavior = {
      firstPage: 0,
      ignoresAscending: false,
      most: Infinity,
      total: (rows) => rows,
      path: '/rows',
      place: (from) => from,
      bytesOf: () => 100,
      change: (rows) => rows,
      ...behavior,
    }
  }

  /** Rows after the newest one there ever was, a second from it and `apart` milliseconds from each other. */
  append(count: number, apart: number = 1_000): Row[] {
    const added: Row[] = []
    this.#newest += 1_000
    for (let index = 0; index < count; index++) added.push(this.#make(this.#newest + index * apart))
    this.#newest += Math.max(0, count - 1) * apart
    for (const row of added) this.rows.push(row)
    return added
  }

  /** A row that `depth` of the present ones are newer than, at the moment of the one before it. */
  insertLate(depth: number): Row {
    const index = Math.max(0, this.rows.length - depth)
    const row = this.#make(momentOf(this.rows[index - 1] ?? this.rows[0]))
    let place = index
    while (place < this.rows.length && momentOf(this.rows[place]) <= momentOf(row)) place++
    this.rows.splice(place, 0, row)
    return row
  }

  /** Deletes rows, the newest of which has `depth` newer ones. */
  remove(depth: number, count: number): Row[] {
    const end = Math.max(0, this.rows.length - depth)
    return this.rows.splice(Math.max(0, end - count), Math.min(count, end))
  }

  override async json(
    path: string,
    { signal, limit = Infinity }: { readonly signal?: AbortSignal | undefined; readonly limit?: number | undefined },
  ): Promise<{ readonly body: unknown; readonly date: number | null; readonly length: number }> {
    const [pathname = '', query] = path.split('?')
    const asked = new URLSearchParams(query)
    const order = asked.get('order') === 'asc' ? 'asc' : 'desc'
    const numbers = { page: Number(asked.get('page')), size: Number(asked.get('pagesize')) }
    const request: Request = { path: pathname, order, ...numbers }
    this.requests.push(request)
    await this.before(request)
    if (signal?.aborted) throw new MesheryError('CLOSED', 'aborted', { phase: 'store' })
    const { firstPage, ignoresAscending, most, total, path: own, place, bytesOf, change } = this.behavior
    if (pathname !== own) throw new MesheryError('NOT_MESHERY', `no ${pathname} here`, { phase: 'store' })
    const size = Math.min(request.size, typeof most === 'number' ? most : most())
    const { length } = this.rows
    const from = place((Math.max(request.page, firstPage) - firstPage) * size, size, length)
    const isIgnored = typeof ignoresAscending === 'boolean' ? ignoresAscending : ignoresAscending()
    const rows =
      order === 'asc' && !isIgnored
        ? this.rows.slice(from, from + size)
        : this.rows.slice(Math.max(0, length - from - size), Math.max(0, length - from)).reverse()
    this.after()
    const bytes = rows.reduce((sum, row) => sum + bytesOf(row), 10)
    if (bytes > Math.min(limit, this.messageBytes)) {
      this.answers.refused++
      throw new MesheryError('TOO_LARGE', `more than ${limit} bytes`, { phase: 'store' })
    }
    this.answers.largest = Math.max(this.answers.largest, bytes)
    return { body: { rows: change(rows, request), total: total(length) }, date: this.date, length: bytes }
  }

  #make(at: number): Row {
    return rowOf(++this.#count, at)
  }
}

export const momentOf = (row: Row | undefined): number => Date.parse(row?.at ?? '') || dawn

/** The package's reader of that store. */
export const storeOn = (server: HttpClient): Store<Row> => new Store(stream, { server, timeouts: { request: 10_000 } })

export const never: AbortSignal = new AbortController().signal
