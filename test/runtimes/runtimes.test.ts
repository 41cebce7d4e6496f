import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked } from '../package/installed.ts'
import { startServers } from './servers.ts'

const here = import.meta.dirname
const tools = join(here, 'node_modules')

/** The runtimes that are there, as `scripts/runtimes.mjs` found them: their names and their programs. */
const there: readonly (readonly [name: string, program: string])[] = JSON.parse(
  process.env['MESHERY_LIVE_RUNTIMES'] ?? '[]',
)
const programs = there.filter(([name]) => name !== 'workerd')
/** What the program needs said before its own arguments. */
const before: Readonly<Record<string, readonly string[]>> = {
  Deno: ['run', '--no-lock', '--cached-only', '--allow-net', '--allow-env', '--allow-read', '--allow-sys'],
}

describe('the packed package', () => {
  let installed: Installed

  beforeAll(async () => {
    if (there.length === 0) throw new Error('Run it by `npm run test:runtimes`')
    installed = await installPacked()
    for (const file of ['program.mjs', 'main.mjs', 'worker.mjs'])
      await writeFile(join(installed.folder, file), await readFile(join(here, file)))
  })
  afterAll(() => installed?.[Symbol.asyncDispose]())

  it.each(programs)(
    'follows events over every transport and a state on %s, and lets the process end',
    async (name, program) => {
      await using servers = await startServers()
      const { stdout } = await promisify(execFile)(
        join(tools, program),
        [...(before[name] ?? []), 'main.mjs', JSON.stringify(servers.given)],
        { cwd: installed.folder, env: installed.env, timeout: 50_000 },
      )
      expect(JSON.parse(stdout)).toEqual(servers.expected())
    },
  )

  it.runIf(there.some(([name]) => name === 'workerd'))(
    'follows events over every transport and a state in a Cloudflare worker',
    async () => {
      await using servers = await startServers()
      await using worker = await startWorker(installed)
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(servers.given) })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(JSON.parse(text)).toEqual(servers.expected())
    },
  )
})

interface Worker extends AsyncDisposable {
  readonly url: string
}

/** Bundles the worker under the conditions that wrangler sets, and serves it by workerd. */
const startWorker = async ({ folder }: Installed): Promise<Worker> => {
  await build({
    absWorkingDir: folder,
    entryPoints: ['worker.mjs'],
    outfile: 'bundle.mjs',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  })
  const config = join(folder, 'config.capnp')
  await writeFile(config, capnp)
  // What it listens on it says by a file descriptor of ours.
  const stdio = ['ignore', 'inherit', 'inherit', 'pipe'] as const
  const child = spawn(join(tools, '.bin/workerd'), ['serve', '--control-fd=3', config], { stdio: [...stdio] })
  const control = child.stdio[3]
  if (!(control instanceof Readable)) throw new Error('workerd says nothing')
  const exited = once(child, 'exit')
  const said = once(createInterface(control), 'line')
  const [line] = await Promise.race([said, exited.then(() => Promise.reject(new Error('workerd does not start')))])
  const { port } = JSON.parse(line)
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}

const capnp = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "bundle.mjs", esModule = embed "bundle.mjs")],
  compatibilityDate = "2025-01-01",
);
`
