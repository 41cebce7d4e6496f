import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { inject } from 'vitest'
import { limitMs } from '../waiting.ts'

const { main, home } = inject('program')

/** Whether no terminal can be made here: util-linux's `script` makes one. Says why what wants one is skipped. */
export const hasNoTerminal = (): boolean => {
  const found = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') === true
  if (!found) console.warn("Skipped what needs a terminal: util-linux's `script` is not here.")
  return !found
}

type Environment = Readonly<Record<string, string>>

/** The environment of a user who has set nothing up. */
const environment = (more: Environment): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  ...more,
})

export interface Finished {
  /** After a signal 128 and its number, as a shell shows it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program at work. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves when the condition holds; rejects when it ends before that, or after a time that no test takes. */
  until(condition: () => boolean): Promise<void>
  readonly finished: Promise<Finished>
}

const follow = (child: ChildProcess, group = false): Running => {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  let over = false
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      over = true
      resolve({ code: signal === null ? code : 128 + constants.signals[signal], stdout, stderr })
    })
  })
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async until(condition) {
      const late = Date.now() + limitMs
      while (!condition()) {
        if (over || Date.now() > late) throw new Error(`${over ? 'It ended' : 'Time is up'}.\n${stdout}\n${stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
    finished,
    async [Symbol.asyncDispose]() {
      if (group && !over && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      else child.kill('SIGKILL')
      await finished
    },
  }
}

/** Starts the program with these arguments. */
export const start = (args: readonly string[], more: Environment = {}): Running =>
  follow(spawn(process.execPath, [main, ...args], { env: environment(more), stdio: ['ignore', 'pipe', 'pipe'] }))

/** Twenty processes that start at once on two cores keep each other from answering in time. */
const mostAtOnce = 4
const waiting: (() => void)[] = []
let running = 0

/** Runs the program to its end, a few at once. */
export const run = async (args: readonly string[], more: Environment = {}): Promise<Finished> => {
  if (running === mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await start(args, more).finished
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** Starts a line of bash, in which `$meshery_live` calls the program; so do `meshery-live` and `npx meshery-live`. */
export const bash = (line: string, more: Environment = {}): Running => {
  const env = environment({ meshery_live: `${process.execPath} ${main}`, ...more })
  const functions = 'meshery-live() { $meshery_live "$@"; }; npx() { "$@"; }'
  // A group of its own: what the line has started goes with it.
  return follow(
    spawn('bash', ['-c', `${functions}\n${line}`], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
    true,
  )
}

export const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')
