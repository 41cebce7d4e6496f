import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { environment } from './example.ts'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly if?: string
}

/** What is read of a workflow of GitHub Actions: one job, whose steps have commands. */
export interface Workflow {
  readonly jobs: {
    readonly deploy: { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] }
  }
}

/** How a workflow is run. */
export interface WorkflowRun {
  readonly folder: string
  /** Folders of programs that its runner has. */
  readonly programs: readonly string[]
  /** The values of `${{ … }}`. */
  readonly contexts: Readonly<Record<string, string>>
  readonly env: NodeJS.ProcessEnv
}

/** How a workflow ended. */
export interface WorkflowResult {
  /** The names of the steps that ran. */
  readonly ran: readonly string[]
  readonly failedStep: string | undefined
  readonly exitCode: number
  /** What the steps printed, on both streams. */
  readonly output: string
}

/** Runs the commands of a workflow as a runner does: by its shell, with its variables, and after a failure only `failure()`. */
export async function runWorkflow(workflow: Workflow, given: WorkflowRun): Promise<WorkflowResult> {
  const { env, steps } = workflow.jobs.deploy
  const folder = await mkdtemp(join(tmpdir(), 'meshery-live-runner-'))
  const file = join(folder, 'env')
  await writeFile(file, '')
  const ran: string[] = []
  let failure: { readonly step: string; readonly exitCode: number } | undefined
  let output = ''
  try {
    for (const { name = '', run, if: condition } of steps) {
      const isForFailure = condition === 'failure()'
      if (run === undefined || isForFailure !== (failure !== undefined)) continue
      const variables = Object.fromEntries(
        Object.entries(env).map(([key, value]) => [key, evaluate(value, given.contexts)]),
      )
      const set = variablesOf(await readFile(file, 'utf8'))
      ran.push(name)
      const result = await runStep(run, {
        folder: given.folder,
        env: {
          ...environment,
          ...given.env,
          ...variables,
          ...set,
          GITHUB_ENV: file,
          PATH: [...given.programs, process.env['PATH']].join(delimiter),
        },
      })
      output += result.output
      if (result.exitCode !== 0) failure ??= { step: name, exitCode: result.exitCode }
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return { ran, failedStep: failure?.step, exitCode: failure?.exitCode ?? 0, output }
}

/** @throws Error for an expression whose value was not given. */
const evaluate = (text: string, contexts: WorkflowRun['contexts']): string =>
  text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, name: string) => {
    const value = contexts[name]
    if (value === undefined) throw new Error(`The workflow has an unknown expression: ${name}`)
    return value
  })

/** The lines `NAME=value` of the file of `GITHUB_ENV`. */
const variablesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]))

/** `shell: bash` of a runner. */
const runStep = (
  command: string,
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ exitCode: number; output: string }> =>
  new Promise((resolve) => {
    const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command]
    const child = execFile('bash', args, { cwd: folder, env }, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? 1, output: stdout + stderr }),
    )
  })
