#!/usr/bin/env node
// Random faults against the fake Meshery, over every release and transport.
//   npm run soak -- [--faults 2000] [--minutes M] [--seed N] [--only RUN] [--verbose]
// Ends with 1 when an event was lost, doubled or out of order, when a state was not the server's in the end or came
// twice, or when anything was left behind. `--seed` with `--only` repeats the random choices of one run.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { startFakeMeshery } from '../dist/testing/index.js'

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
})
const [faults, minutes, seed] = [Number(values.faults), Number(values.minutes), Number(values.seed)]
if (!(faults > 0) || !(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run soak -- [--faults 2000] [--minutes M] [--seed N] [--only RUN] [--verbose]')
  process.exit(2)
}

const all = ['websocket', 'sse', 'polling']
const combinations = [
  { release: 'v0.6', transports: all },
  { release: 'v0.7', transports: all },
  { release: 'v0.8', transports: ['websocket'] },
  { release: 'v1.0', transports: ['websocket', 'polling'] },
  { release: 'v1.0.52', transports: all },
  { release: 'current', transports: ['sse'] },
  { release: 'current', transports: ['polling'] },
  { release: 'v0.6', transports: ['polling'] },
  { release: 'v0.7', transports: ['websocket'] },
  { release: 'v0.7', transports: ['polling'] },
  { release: 'current', transports: ['sse', 'polling'] },
  { release: 'v0.8', transports: all },
  { release: 'v0.6', transports: all, upgrades: ['v0.7', 'v0.8', 'v1.0', 'v1.0.52', 'current'] },
]

// The code of a run is beside the tests, in TypeScript; it gets the parts of the package that it needs.
const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/meshery-live')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'soak-'))
const bundle = async (name, contents) => {
  const outfile = join(folder, name)
  await build({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  })
  return import(outfile)
}
const { soak } = await bundle('soak.mjs', `export { soak } from './test/soak/soak.ts'`)
// Their path shows that what is left behind belongs to the package.
const parts = await bundle(
  'src/client/parts.mjs',
  `export { createMesheryOn } from './src/client/create-meshery.ts'
  export { nodePlatform } from './src/platform/node.ts'`,
)
rmSync(folder, { recursive: true })

const until = performance.now() + minutes * 60_000
const share = Math.min(50, faults)
const states = { changes: 0, values: 0, subscriptions: 0, refused: 0 }
const total = { faults: 0, stored: 0, received: 0, asPushed: 0, subscriptions: 0, dials: 0, milliseconds: 0 }
let broken = 0
console.log(`seed ${seed}`)
for (let run = 0; total.faults < faults && performance.now() < until; run++) {
  if (values.only !== undefined && run !== Number(values.only)) {
    if (run > Number(values.only)) break
    continue
  }
  const combination = combinations[run % combinations.length]
  const beganAt = performance.now()
  const log = values.verbose
    ? { log: (line) => console.log(`  ${Math.round((performance.now() - beganAt) / 100) / 10} s ${line}`) }
    : {}
  const report = await soak({ ...parts, startFakeMeshery }, { ...combination, faults: share, seed: seed + run, ...log })
  for (const name of Object.keys(total)) total[name] += report[name]
  for (const name of Object.keys(states)) states[name] += report.states[name]
  const { release, transports, upgrades } = combination
  const { problems, stored, received, subscriptions, milliseconds } = report
  console.log(
    `run ${run}: ${release}${upgrades ? ' and later ones' : ''} over ${transports.join(', ')}: ${report.faults} faults, ` +
      `${stored} stored, ${received} received by ${subscriptions}; states: ${report.states.changes} changes, ` +
      `${report.states.values} values to ${report.states.subscriptions}; ${Math.round(milliseconds / 1_000)} s` +
      `${problems.length > 0 ? `, ${problems.length} PROBLEMS` : ''}`,
  )
  for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`)
  if (problems.length > 20) {
    const kinds = new Map()
    for (const problem of problems) {
      const kind = /^.*?: [a-z ]+/.exec(problem)?.[0] ?? problem
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    for (const [kind, count] of kinds) console.log(`  in all ${count} of: ${kind}`)
  }
  if (problems.length > 0) {
    broken += problems.length
    for (const line of report.trace) console.log(`  trace: ${line}`)
    console.log(`  again: npm run soak -- --seed ${seed} --only ${run}`)
  }
}
const { milliseconds, ...counts } = total
const listed = (figures) =>
  Object.entries(figures)
    .map(([name, count]) => `${count} ${name === 'asPushed' ? 'as pushed' : name}`)
    .join(', ')
console.log(`${listed(counts)}, in ${Math.round(milliseconds / 1_000)} s; seed ${seed}`)
console.log(`states: ${listed(states)}`)
const well = "Nothing was lost, doubled or out of order, and every state is the server's."
console.log(broken === 0 ? well : `${broken} problems.`)
process.exitCode = broken === 0 ? 0 : 1
