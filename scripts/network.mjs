// Runs the tests behind real proxies and front ends: `npm run test:network`.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run } from './tools.mjs'

const programs = ['nginx', 'tinyproxy', 'squid', 'openssl']
// Debian installs some of them where only root looks.
const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/usr/local/sbin`.split(delimiter)
const missing = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))))

if (missing.length > 0) {
  const message = `The network tests need ${programs.join(', ')}; missing: ${missing.join(', ')}.`
  if (process.env.CI === 'true') {
    console.error(message)
    process.exit(1)
  }
  console.log(`${message} Skipped.`)
  process.exit(0)
}

process.exitCode = run(
  'npx',
  ['vitest', 'run', '--config', 'test/network/vitest.config.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
