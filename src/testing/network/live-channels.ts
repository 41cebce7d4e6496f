import type { Socket } from 'node:net'
import type { ActiveFaults } from '../faults/active-faults.ts'
import type { LiveChannel } from '../faults/live-channel.ts'
import type { Timers } from './timers.ts'

/** Ends a connection without notice, by a TCP reset. */
export function resetSocket(socket: Socket): void {
  // After `end` a reset fails in Node, and leaves a socket that never closes.
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** The live channels that are open now. */
export class LiveChannels {
  readonly #activeFaults: ActiveFaults
  readonly #timers: Timers
  /** Each with the function that stops its timer. */
  readonly #open = new Map<LiveChannel, () => void>()

  constructor(activeFaults: ActiveFaults, timers: Timers) {
    this.#activeFaults = activeFaults
    this.#timers = timers
  }

  add(channel: LiveChannel): void {
    const { channelLifetimeMs } = this.#activeFaults.values
    const stop = channelLifetimeMs === undefined ? () => {} : this.#timers.after(channelLifetimeMs, () => channel.cut())
    this.#open.set(channel, stop)
  }

  remove(channel: LiveChannel): void {
    this.#open.get(channel)?.()
    this.#open.delete(channel)
  }

  /** A copy: a fault may remove channels while the caller iterates. */
  all(): readonly LiveChannel[] {
    return [...this.#open.keys()]
  }
}
