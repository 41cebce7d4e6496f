import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { build } from 'esbuild'

/** A Cloudflare worker that is served. */
export interface Worker extends AsyncDisposable {
  readonly url: string
}

/**
 * Bundles a worker under the conditions that wrangler sets, and serves it by workerd.
 * @param entry Its file in `folder`.
 * @param bindings The texts in its `env`.
 */
export const startWorker = async (
  folder: string,
  entry: string,
  bindings: Readonly<Record<string, string>> = {},
): Promise<Worker> => {
  const config = join(folder, `${entry}.capnp`)
  await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile: `${entry}.bundle.mjs`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  })
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = "${text}")`)
  await writeFile(config, capnp(`${entry}.bundle.mjs`, texts.join(', ')))
  // It reports its address over a file descriptor of this process.
  const child = spawn(join(import.meta.dirname, 'node_modules/.bin/workerd'), ['serve', '--control-fd=3', config], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const exited = once(child, 'exit')
  const control = child.stdio[3]
  if (!(control instanceof Readable)) throw new Error('workerd sends no address')
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

const capnp = (bundle: string, bindings: string): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "bundle.mjs", esModule = embed "${bundle}")],
  compatibilityDate = "2025-01-01",
  bindings = [${bindings}],
);
`
