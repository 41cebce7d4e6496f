/**
 * What `await using` needs, for declarations that every TypeScript from 5.0 on reads: a reference to its library
 * `esnext.disposable`, which there is from 5.2 on, would be an error before. Where the library is there, the two merge.
 */
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol
    readonly asyncDispose: unique symbol
  }
  interface Disposable {
    [Symbol.dispose](): void
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>
  }
}

/** What `await using` closes. */
export interface AsyncCloseable extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
}
