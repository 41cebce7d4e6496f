// Runs the packed package on every runtime that comes from npm: `npm run test:runtimes`, after `npm run build`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, root, run } from './tools.mjs'

const folder = 'test/runtimes'
const tools = join(root, folder, 'node_modules')
const runtimes = [
  { name: 'Node 20', package: 'node-20', program: 'node-20/bin/node' },
  { name: 'Node 22', package: 'node-22', program: 'node-22/bin/node' },
  { name: 'Node 24', package: 'node-24', program: 'node-24/bin/node' },
  { name: 'Node 26', package: 'node-26', program: 'node-26/bin/node' },
  { name: 'Bun', package: 'bun', program: '.bin/bun' },
  { name: 'Deno', package: 'deno', program: '.bin/deno' },
  { name: 'workerd', package: 'workerd', program: '.bin/workerd' },
]

/** Whether npm has no build of it for this machine: then none is installed. */
const isLacking = ({ package: name }) => {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(tools, name, 'package.json'), 'utf8'))
  const builds = Object.keys(optionalDependencies)
  return builds.length > 0 && !builds.some((build) => existsSync(join(tools, build)))
}

const works = ({ program }) => run(join(tools, program), ['--version'], { stdio: 'ignore' }) === 0

installTools(folder)
const found = []
let failed = false
for (const runtime of runtimes) {
  if (works(runtime)) found.push(runtime)
  else if (isLacking(runtime))
    console.warn(`NOT TESTED on ${runtime.name}: npm has no build of it for ${process.platform} on ${process.arch}.`)
  else {
    console.error(`NOT TESTED on ${runtime.name}: it was installed, but does not run here.`)
    failed ||= process.env.CI === 'true'
  }
}
const env = { ...process.env, MESHERY_LIVE_RUNTIMES: JSON.stringify(found.map(({ name, program }) => [name, program])) }
const vitest = ['vitest', 'run', '--config', 'test/runtimes/vitest.config.ts', ...process.argv.slice(2)]
process.exitCode = run('npx', vitest, { env }) || (failed ? 1 : 0)
