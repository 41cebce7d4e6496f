// Builds the gqlgen server of test/interop/server and runs the interop tests against it: `npm run test:interop`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'test/interop/server')

if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
  const message = 'The interop tests need Go 1.24 or later on the PATH; get it from https://go.dev/dl/.'
  if (process.env.CI === 'true') {
    console.error(message)
    process.exit(1)
  }
  console.log(`${message} Skipped.`)
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'meshery-live-interop-'))
const server = join(folder, process.platform === 'win32' ? 'server.exe' : 'server')

/** Runs one program in the foreground; resolves with its exit code, 1 when a signal ended it. */
const run = (program, args, cwd, env = process.env) => {
  const { status, error } = spawnSync(program, args, { cwd, env, stdio: 'inherit' })
  if (error) console.error(`${program}: ${error.message}`)
  return status ?? 1
}

try {
  console.log('Building the gqlgen server ...')
  process.exitCode =
    run('go', ['generate', './...'], source) ||
    run('go', ['build', '-o', server, '.'], source) ||
    run('npx', ['vitest', 'run', '--config', 'test/interop/vitest.config.ts', ...process.argv.slice(2)], root, {
      ...process.env,
      MESHERY_INTEROP_SERVER: server,
    })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
