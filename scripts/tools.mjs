// Installs the tools of some tests: compilers, bundlers, runtimes. They have manifests of their own, so that work on the
// sources does not need them, and so that no `tsc` or `node` of theirs replaces that of the project.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Runs one program in the foreground; returns its exit code, 1 when a signal ended it or it could not be started. */
export const run = (program, args, options = {}) => {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(`${program}: ${error.message}`)
  return status ?? 1
}

/** Installs what the lock file in `folder` lists, unless it is there already. Ends the process when that fails. */
export const installTools = (folder) => {
  const place = join(root, folder)
  const lock = read(join(place, 'package-lock.json'))
  const done = join(place, 'node_modules/.installed')
  if (read(done) === lock) return
  console.log(`Installing the tools of ${folder} ...`)
  if (run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: place }) !== 0) {
    console.error(`The tools of ${folder} cannot be installed: see above. They come from npm.`)
    process.exit(1)
  }
  writeFileSync(done, lock)
}
