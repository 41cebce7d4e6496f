import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fencedBlocks } from '../docs/code-blocks.ts'
import { limitMs } from '../limits.ts'
import { type Installed, installPacked } from '../package/installed.ts'
import { startServers } from './servers.ts'
import { startWorker } from './workerd.ts'

const here = import.meta.dirname
const tools = join(here, 'node_modules')

/** The available runtimes, as `scripts/runtimes.mjs` found them: their names and their programs. */
const there: readonly (readonly [name: string, program: string])[] = JSON.parse(
  process.env['MESHERY_LIVE_RUNTIMES'] ?? '[]',
)
const programs = there.filter(([name]) => name !== 'workerd')
/** The arguments of a runtime before those of the program. */
const before: Readonly<Record<string, readonly string[]>> = {
  Deno: ['run', '--no-lock', '--cached-only', '--allow-net', '--allow-env', '--allow-read', '--allow-sys'],
}

describe('the packed package', () => {
  let installed: Installed

  beforeAll(async () => {
    if (there.length === 0) throw new Error('Run it by `npm run test:runtimes`')
    installed = await installPacked()
    for (const file of ['program.mjs', 'main.mjs', 'require.cjs', 'worker.mjs'])
      await writeFile(join(installed.folder, file), await readFile(join(here, file)))
  })
  afterAll(() => installed?.[Symbol.asyncDispose]())

  const run = async (name: string, program: string, file: string, given: unknown): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(
      join(tools, program),
      [...(before[name] ?? []), file, JSON.stringify(given)],
      { cwd: installed.folder, env: installed.env, timeout: limitMs },
    )
    return JSON.parse(stdout)
  }

  it.each(programs)(
    'receives events over every transport and a state on %s, and lets the process end',
    async (name, program) => {
      await using servers = await startServers()
      expect(await run(name, program, 'main.mjs', servers.given)).toEqual(servers.expected())
    },
  )

  it.each(programs)('works with `require` on %s', async (name, program) => {
    await using servers = await startServers()
    expect(await run(name, program, 'require.cjs', servers.given)).toEqual(['kind', 'Document', 'string', 'function'])
  })

  describe.runIf(there.some(([name]) => name === 'workerd'))('in a Cloudflare worker', () => {
    it('receives events over every transport and a state', async () => {
      await using servers = await startServers()
      await using worker = await startWorker(installed.folder, 'worker.mjs')
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(servers.given) })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(JSON.parse(text)).toEqual(servers.expected())
    })

    it('works as docs/runtimes.md shows it', async () => {
      await using servers = await startServers()
      const page = fencedBlocks('docs/runtimes.md', await readFile(join(here, '../../docs/runtimes.md'), 'utf8'))
      const [block] = page.filter(({ marks }) => marks.join(' ') === 'ts worker')
      await writeFile(join(installed.folder, 'documented.ts'), block?.code ?? '')
      const {
        servers: { sse },
        identity: { token },
      } = servers.given
      const env = { MESHERY_URL: sse, MESHERY_TOKEN: token }
      await using worker = await startWorker(installed.folder, 'documented.ts', env)
      const response = await fetch(worker.url)
      expect(await response.json()).toEqual(['kind'])
    })
  })
  it("receives events over SSE and polling and a state in Vercel's edge runtime, whose `fetch` cannot upgrade", async () => {
    await using servers = await startServers()
    const bundle = join(installed.folder, 'edge.bundle.js')
    await build({
      absWorkingDir: installed.folder,
      entryPoints: ['program.mjs'],
      outfile: bundle,
      bundle: true,
      format: 'iife',
      globalName: 'program',
      conditions: ['edge-light'],
      logLevel: 'error',
    })
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(here, 'edge.mjs'), bundle, JSON.stringify(servers.given)],
      { env: installed.env, timeout: limitMs },
    )
    const { websocket, ...others } = servers.expected()
    expect(JSON.parse(stdout)).toEqual({ ...others, websocket: { ...Object(websocket), transports: ['polling'] } })
  })
})
