import { execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** A copy of an example, with the package as `npm run build` made it. */
export interface Example extends AsyncDisposable {
  readonly folder: string
  /** Its package.json script. */
  npm(...args: string[]): Promise<unknown>
  /** Starts a line of the README in the background, and gives the first address that it prints. */
  start(line: string, env: NodeJS.ProcessEnv): Promise<string>
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
    filter: (path) => !/node_modules|dist$/.test(path.slice(root.length)),
  })
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, root])
  const [{ filename }] = JSON.parse(stdout)
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  manifest.dependencies['meshery-live'] = `file:${filename}`
  await writeFile(path, JSON.stringify(manifest))
  const running: (() => void)[] = []
  return {
    folder,
    npm: (...args) => run('npm', args, { cwd: folder }),
    start: (line, env) =>
      new Promise((resolve, reject) => {
        const child = spawn(line, {
          cwd: folder,
          shell: true,
          detached: true,
          env: { ...process.env, ...env, NO_COLOR: '1', FORCE_COLOR: '0' },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let output = ''
        const read = (chunk: Buffer): void => {
          output += String(chunk)
          const [address] = /http:\/\/localhost:\d+/.exec(output) ?? []
          if (address !== undefined) resolve(address)
        }
        child.stdout.on('data', read)
        child.stderr.on('data', read)
        child.on('error', reject)
        child.on('exit', (code) => reject(new Error(`${line} ended with ${code}: ${output}`)))
        const { pid } = child
        // The whole group: npm starts the program in a shell.
        if (pid !== undefined) running.push(() => child.exitCode === null && process.kill(-pid, 'SIGTERM'))
      }),
    async [Symbol.asyncDispose]() {
      for (const end of running) end()
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
