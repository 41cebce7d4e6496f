/** Milliseconds by a clock that only goes forward: the wall clock may be set at any time. */
export const now = (): number => performance.now()

/** The moment of the wall clock that a moment of `now` corresponds to; null for never. */
export const dateOf = (moment: number): Date | null =>
  moment === Infinity ? null : new Date(Date.now() + moment - now())
