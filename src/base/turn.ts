import { release } from './abort.ts'

/** Resolves in a later turn of the event loop, so that timers and sockets have theirs in between. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    release(setTimeout(resolve, 0))
  })
