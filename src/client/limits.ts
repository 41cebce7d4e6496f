/** Bounds on memory, in bytes. */
export interface Limits {
  /** The largest message or response that is read; a larger one is the error `TOO_LARGE`. Default 33 554 432 (32 MiB). */
  readonly messageBytes: number
  /**
   * How much may wait in one subscription, beside `buffer`: three quarters of it for pushed events that wait for their
   * rows, a quarter for a slow reader; in a flood, a quarter more for those that have just arrived. A subscription to a
   * document of your own has all of it for a slow reader. Default 20 971 520 (20 MiB).
   */
  readonly bufferBytes: number
}

/** `Limits`, of which each may be left out. */
export type LimitOptions = { readonly [name in keyof Limits]?: number | undefined }

export const defaultLimits: Limits = { messageBytes: 2 ** 25, bufferBytes: 5 * 2 ** 22 }
