import { type SpawnOptions, spawn } from 'node:child_process'
import { vi } from 'vitest'

/** How long a program may take until it prints what is awaited: some build themselves first, on a busy machine. */
const limitMs = 240_000

/** A line that runs in a shell, with everything that it starts. */
export interface Running {
  /** What it has printed, on both streams. */
  output(): string
  /** Waits until it has printed what matches, and resolves with the match. Rejects if it ends before. */
  prints(pattern: RegExp): Promise<string>
  /** The exit code, or null if a signal ended it. */
  readonly ended: Promise<number | null>
  /** Sends a signal to all of its processes, and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<number | null>
}

export const startLine = (line: string, options: SpawnOptions): Running => {
  // A group of its own: npm starts the program in a shell.
  const child = spawn(line, { ...options, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const read = (chunk: Buffer): void => {
    output += String(chunk)
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  let isOver = false
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      isOver = true
      resolve(code)
    })
  })
  // `kill` and the next failing wait report it.
  ended.catch(() => {})
  return {
    output: () => output,
    ended,
    async prints(pattern) {
      await vi.waitUntil(() => isOver || pattern.test(output), { timeout: limitMs, interval: 10 })
      const [match] = pattern.exec(output) ?? []
      if (match === undefined) throw new Error(`${line} ended and did not print ${pattern}:\n${output}`)
      return match
    },
    kill(signal) {
      if (!isOver && child.pid !== undefined) process.kill(-child.pid, signal)
      return ended
    },
  }
}
