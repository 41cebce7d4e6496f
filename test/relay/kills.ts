import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Running, start } from '../cli/program.ts'

/** A relay in a process of its own, which is killed and started again. */
export interface KilledRelay extends AsyncDisposable {
  /** How often it was killed. */
  readonly kills: number
  /** Kills it without a warning, and starts it again. */
  restart(): Promise<void>
  /** Resolves when it follows the events. */
  live(): Promise<void>
}

/** @param onKilled Called while it is not running. */
export function startKilledRelay(args: readonly string[], onKilled: () => void = () => {}): KilledRelay {
  const begin = (): Running => start(['relay', ...args, '--verbose', '--wait-for-server'])
  let running = begin()
  let kills = 0
  return {
    get kills() {
      return kills
    },
    async restart() {
      await running[Symbol.asyncDispose]()
      kills++
      onKilled()
      running = begin()
    },
    live: () => running.until(() => running.stderr().includes('live over')),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** The ids that the cursor file has as sent. */
export function idsInCursor(path: string): string[] {
  const { sent }: { readonly sent: readonly { readonly id: string }[] } = JSON.parse(readFileSync(path, 'utf8'))
  return sent.map(({ id }) => id)
}

/** Does the work so many times, with random pauses. */
export async function atRandomMoments(
  times: number,
  { mostMs, random }: { readonly mostMs: number; readonly random: () => number },
  work: () => Promise<void> | void,
): Promise<void> {
  for (let count = 0; count < times; count++) {
    await delay(random() * mostMs)
    await work()
  }
}
