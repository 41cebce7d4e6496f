import { spawnSync } from 'node:child_process'
import { findChromium } from './browser/find-chromium.ts'
import { findNatsServer } from './relay/nats-server.ts'

/** A program that some tests need besides Node. */
export interface Need {
  /** The tag of these tests. */
  readonly tag: string
  /** What the tests are about, behind a number. */
  readonly tests: string
  /** What to install. */
  readonly program: string
  readonly isHere: () => boolean
}

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0

export const needs: readonly Need[] = [
  { tag: 'chromium', tests: 'in a browser', program: 'Chromium', isHere: () => findChromium() !== undefined },
  { tag: 'python', tests: 'in Python', program: 'python3', isHere: () => runs('python3') },
  { tag: 'nats', tests: 'with NATS', program: 'nats-server', isHere: () => findNatsServer() !== undefined },
  { tag: 'fish', tests: 'in fish', program: 'fish', isHere: () => runs('fish') },
  { tag: 'zsh', tests: 'in zsh', program: 'zsh', isHere: () => runs('zsh') },
  { tag: 'groff', tests: 'of the manual page', program: 'groff', isHere: () => runs('groff') },
  { tag: 'terminal', tests: 'in a terminal', program: "util-linux's script", isHere: () => runs('script') },
]

/** A test of a run, as far as it matters here. */
export interface SeenTest {
  readonly isSkipped: boolean
  readonly tags: readonly string[]
}

/**
 * One line about the tests that did not run because a program is missing: what they are about, and what to install.
 *
 * @param tests Those that the tier contains.
 * @returns undefined where nothing is missing.
 */
export function notRunLine(tests: readonly SeenTest[], known: readonly Need[] = needs): string | undefined {
  const counted = known.map((need) => ({
    ...need,
    count: tests.filter(({ isSkipped, tags }) => isSkipped && tags.includes(need.tag)).length,
  }))
  const missing = counted.filter(({ count, isHere }) => count > 0 && !isHere())
  if (missing.length === 0) return undefined
  const parts = missing.map(({ count, tests: what, program }) => `${count} ${what} (install ${program})`)
  return `Not run because a program is missing: ${parts.join(', ')}.`
}
