import type { Socket } from 'node:net'
import type { Script } from './script.ts'
import type { Timers } from './timers.ts'

/** What can be sent that no client expects. */
export type Garbage = 'binary' | 'broken-json' | 'not-an-object' | 'unknown-id' | 'huge'

/** Ends a connection without a word. */
export function reset(socket: Socket): void {
  // A reset during the shutdown that `end` begins fails in Node, and leaves a socket that never closes.
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** A connection that lives on after its opening: a WebSocket or an SSE stream. */
export interface LiveChannel {
  /** Ends it without a word, by a TCP reset. */
  cut(): void
  /** Ends it in the way of its transport. */
  end(code: number, reason: string): void
  /** `bytes` is the size, for kinds that have one. */
  garbage(kind: Garbage, bytes: number): void
  /** Sends a text as it is. */
  raw(text: string): void
}

/** The live channels that stand at the moment. */
export class Channels {
  readonly #script: Script
  readonly #timers: Timers
  readonly #live = new Map<LiveChannel, () => void>()

  constructor(script: Script, timers: Timers) {
    this.#script = script
    this.#timers = timers
  }

  add(channel: LiveChannel): void {
    const { life } = this.#script
    this.#live.set(channel, life === undefined ? () => {} : this.#timers.after(life, () => channel.cut()))
  }

  remove(channel: LiveChannel): void {
    this.#live.get(channel)?.()
    this.#live.delete(channel)
  }

  /** A copy, since what is done to channels removes them. */
  all(): readonly LiveChannel[] {
    return [...this.#live.keys()]
  }
}
