/**
 * The globals that Node, browsers and workers share, as far as the core uses them. `tsconfig.core.json` compiles the core
 * with these alone, so that a global of one platform is a compile error there. The other projects take them from the
 * declarations of Node and of the DOM. The core compiles in those projects too, so that a wrong line here shows.
 */

interface EventTarget {
  addEventListener(type: string, listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: string, listener: () => void): void
}

interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare const AbortSignal: {
  readonly prototype: AbortSignal
  abort(reason?: unknown): AbortSignal
  any(signals: Iterable<AbortSignal>): AbortSignal
  timeout(milliseconds: number): AbortSignal
}

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

/** The handle of a timer: an object in Node, a number in browsers. */
interface TimerHandle {
  readonly __timerHandle: never
}
declare function setTimeout(callback: (...none: never[]) => void, delayMs?: number): TimerHandle
declare function clearTimeout(timer: TimerHandle | undefined): void
declare function setInterval(callback: (...none: never[]) => void, delayMs?: number): TimerHandle
declare function clearInterval(timer: TimerHandle | undefined): void
declare function queueMicrotask(callback: () => void): void
declare const performance: { now(): number }

declare function atob(data: string): string
declare function btoa(data: string): string
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean })
  decode(input?: Uint8Array, options?: { readonly stream?: boolean }): string
}
declare class TextEncoder {
  encode(input?: string): Uint8Array
}

declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(init?: string | Readonly<Record<string, string>> | Iterable<readonly [string, string]>)
  readonly size: number
  append(name: string, value: string): void
  delete(name: string): void
  get(name: string): string | null
  has(name: string): boolean
  keys(): IterableIterator<string>
  set(name: string, value: string): void
  toString(): string
  [Symbol.iterator](): IterableIterator<[string, string]>
}

declare class URL {
  static canParse(url: string | URL, base?: string | URL): boolean
  constructor(url: string | URL, base?: string | URL)
  hash: string
  host: string
  hostname: string
  href: string
  readonly origin: string
  password: string
  pathname: string
  port: string
  protocol: string
  search: string
  readonly searchParams: URLSearchParams
  username: string
  toString(): string
}

declare class Headers implements Iterable<[string, string]> {
  constructor(init?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | Headers)
  get(name: string): string | null
  getSetCookie(): string[]
  has(name: string): boolean
  set(name: string, value: string): void
  [Symbol.iterator](): IterableIterator<[string, string]>
}

interface ReadableStreamDefaultReader<Chunk> {
  read(): Promise<{ readonly done: false; readonly value: Chunk } | { readonly done: true; readonly value: undefined }>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface ReadableStream<Chunk> {
  cancel(reason?: unknown): Promise<void>
  getReader(): ReadableStreamDefaultReader<Chunk>
}

/** Only its type: the core requests by `Platform.fetch`. */
interface Response {
  readonly body: ReadableStream<Uint8Array> | null
  readonly headers: Headers
  readonly ok: boolean
  readonly status: number
}

interface RequestInit {
  body?: string
  headers?: Readonly<Record<string, string>>
  method?: string
  redirect?: 'error' | 'follow' | 'manual'
  signal?: AbortSignal | null
}
