/** Bounds on memory, in bytes. */
export interface Limits {
  /** The largest message or response that is read; a larger one is the error `TOO_LARGE`. Default 33 554 432 (32 MiB). */
  readonly messageBytes: number
  /**
   * How much may wait in one subscription, beside `buffer`: half of it for a slow reader, half of it for pushed events
   * that wait for their rows; in a flood, half as much again for those that have just arrived. Default 29 360 128 (28 MiB).
   */
  readonly bufferBytes: number
}

/** `Limits`, of which each may be left out. */
export type LimitOptions = { readonly [name in keyof Limits]?: number | undefined }

export const defaultLimits: Limits = { messageBytes: 2 ** 25, bufferBytes: 7 * 2 ** 22 }
