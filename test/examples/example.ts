import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Running, startLine } from './running.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The variables of this process, without those that name a Meshery or belong to the test. npm asks its cache first. */
export const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MESHERY|VITEST|(NODE_ENV|NODE_OPTIONS|PORT)$)/.test(name)),
  ),
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  NEXT_TELEMETRY_DISABLED: '1',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
}

/** A copy of an example, with the package as `npm run build` made it. */
export interface Example extends AsyncDisposable {
  readonly folder: string
  /** Runs a line in the folder to its end. Rejects if it fails. */
  run(line: string, env?: NodeJS.ProcessEnv): Promise<string>
  /** Starts a line of the README in the background. It ends with the example at the latest. */
  start(line: string, env: NodeJS.ProcessEnv): Running
}

/** The lines of the README by which the example is started. */
export const linesOf = async (name: string): Promise<string[]> => {
  const readme = await readFile(join(root, 'examples', name, 'README.md'), 'utf8')
  return (/```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '').trim().split('\n')
}

/** Copies an example of `examples/` out of the project. Needs `npm run build`. */
export const copyExample = async (name: string): Promise<Example> => {
  const folder = await mkdtemp(join(tmpdir(), `meshery-live-${name}-`))
  await cp(join(root, 'examples', name), folder, {
    recursive: true,
    filter: (path) => !/node_modules|dist$|\.next$/.test(path.slice(root.length)),
  })
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, root])
  const [{ filename }] = JSON.parse(stdout)
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  manifest.dependencies['meshery-live'] = `file:${filename}`
  await writeFile(path, JSON.stringify(manifest))
  const running: Running[] = []
  return {
    folder,
    async run(line, env = {}) {
      const options = { cwd: folder, env: { ...environment, ...env }, maxBuffer: 64 * 2 ** 20 }
      return (await run('sh', ['-ec', line], options)).stdout
    },
    start(line, env) {
      const program = startLine(line, { cwd: folder, env: { ...environment, ...env } })
      running.push(program)
      return program
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((program) => program.kill('SIGKILL')))
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
