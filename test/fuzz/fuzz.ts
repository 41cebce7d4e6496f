import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { MesheryError } from '../../src/base/errors.ts'
import { type Target, targets } from './targets.ts'

/** How much processor time a case may use, in milliseconds. A busy machine does not change it. */
const mostWorkMs = 2_000
/** How long a case may take in total, in milliseconds. */
const longestMs = 20_000

const watched = [Object.prototype, Array.prototype, Function.prototype, String.prototype]
const shapeOf = (): string => watched.map((one) => Reflect.ownKeys(one).map(String).join()).join('|')
const pristine = shapeOf()

/** Runs a case. @throws Error when it breaks a rule that no input may break. */
export async function runCase(one: Target, input: unknown): Promise<void> {
  const wrong: string[] = []
  const note = (what: string) => (error: unknown) => void wrong.push(`${what}: ${inspect(error).slice(0, 1_500)}`)
  const rejected = note('an unhandled rejection')
  const thrown = note('an uncaught exception')
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', thrown)
  const began = performance.now()
  const cpu = process.cpuUsage()
  try {
    const run = one.run(input, (error) => {
      if (!(error instanceof MesheryError)) note('not a MesheryError')(error)
      else if (inspect(error).includes('secret-token')) note('an error shows the token')(error)
    })
    await Promise.race([run, new Promise((resolve) => setTimeout(resolve, longestMs).unref())])
    // Rejections are reported after the turn in which they arose.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  } catch (error) {
    note('the case failed')(error)
  } finally {
    process.off('unhandledRejection', rejected)
    process.off('uncaughtException', thrown)
  }
  const { user, system } = process.cpuUsage(cpu)
  const workMs = Math.round((user + system) / 1_000)
  if (workMs > mostWorkMs) wrong.push(`it took ${workMs} ms of the processor`)
  if (performance.now() - began >= longestMs) wrong.push(`it took ${longestMs} ms`)
  if (shapeOf() !== pristine) wrong.push('a prototype was changed')
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

/** Runs so many random cases of a target. Returns the case that failed, shrunk, or undefined. */
export async function fuzz(
  one: Target,
  { seed, runs, endAt }: { readonly seed: number; readonly runs: number; readonly endAt?: number },
): Promise<{ readonly input: unknown; readonly error: string; readonly runs: number } | { readonly runs: number }> {
  const details = await fc.check(
    fc.asyncProperty(one.cases, (input) => runCase(one, input)),
    {
      seed,
      numRuns: runs,
      ...(endAt !== undefined && { interruptAfterTimeLimit: Math.max(1, endAt - Date.now()) }),
    },
  )
  if (!details.failed || details.counterexample === null) return { runs: details.numRuns }
  const [input] = details.counterexample
  return { input, error: String(details.errorInstance ?? 'it failed'), runs: details.numRuns }
}

/** A case that once failed. */
export interface Found {
  readonly file: string
  readonly target: Target
  readonly input: unknown
}

/** The cases of the corpus. */
export const corpus = (folder: string): readonly Found[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { target: name, input }: { target: string; input: unknown } = JSON.parse(
        readFileSync(join(folder, file), 'utf8'),
      )
      const target = targets.find((one) => one.name === name)
      if (!target) throw new Error(`${file}: there is no target ${name}`)
      return { file, target, input }
    })

export { targets }
