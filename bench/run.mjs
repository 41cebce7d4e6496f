// `npm run bench [-- NAME... --quick --against DIR --write]`. A run of all rows writes its table into docs/benchmarks.md.
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { large, shared, throughput } from './measures/floods.mjs'
import { latency, paced } from './measures/latency.mjs'
import { load } from './measures/load.mjs'
import { page } from './measures/page.mjs'
import { heap, start } from './measures/process.mjs'
import { away, cut, frozen, rest } from './measures/recovery.mjs'
import { relayLoad } from './measures/relay.mjs'
import { catchUp } from './measures/store.mjs'

const measures = {
  paced,
  load,
  throughput,
  shared,
  large,
  latency,
  'catch-up': catchUp,
  start,
  heap,
  cut,
  away,
  frozen,
  rest,
  relay: relayLoad,
  page,
}
/** Those that wait more than they work: they run at the same time, after the others. */
const waiting = new Set(['cut', 'away', 'frozen'])
/** Those that do next to nothing: they run beside all others. */
const resting = new Set(['rest'])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    /** Another checkout, with its build: what is measured of this package is measured of that one, too, where a row compares speeds. */
    against: { type: 'string' },
    write: { type: 'boolean' },
  },
})
const options = { ...values, against: values.against && resolve(values.against) }
const names = positionals.length > 0 ? positionals : Object.keys(measures)
for (const name of names)
  if (!Object.hasOwn(measures, name)) {
    console.error(`There is no row ${name}; there are ${Object.keys(measures).join(', ')}.`)
    process.exit(2)
  }

const rows = new Map()
async function run(name) {
  const startedAt = performance.now()
  rows.set(name, await measures[name](options))
  console.error(`${name}, ${Math.round((performance.now() - startedAt) / 1000)} s`)
  for (const row of rows.get(name)) console.error(`  ${lineOf(row)}`)
}
const beside = Promise.all(names.filter((name) => resting.has(name)).map(run))
for (const name of names) if (!waiting.has(name) && !resting.has(name)) await run(name)
await Promise.all(names.filter((name) => waiting.has(name)).map(run))
await beside

/** Whether the target is met, in a cell; empty where there is no target. */
function verdictOf(met) {
  if (met === undefined) return ''
  return met ? 'met' : '**not met**'
}

function lineOf({ measure, target, result, met }) {
  return `| ${measure} | ${target} | ${result} | ${verdictOf(met)} |`
}

const flags = process.argv.slice(2).filter((flag) => flag !== '--write')
const command = `npm run bench${flags.length > 0 ? ` -- ${flags.join(' ')}` : ''}`
const table = `Made by \`${command}\` on Node ${process.versions.node}, ${availableParallelism()} processors.

| measure | target | result | |
| --- | --- | --- | --- |
${names.flatMap((name) => rows.get(name).map(lineOf)).join('\n')}
`
console.log(table)

if (options.write ?? !(options.quick || options.against || positionals.length > 0)) {
  const file = new URL('../docs/benchmarks.md', import.meta.url)
  const [before, , after] = (await readFile(file, 'utf8')).split(/<!-- (?:table|end of the table) -->\n/)
  await writeFile(file, `${before}<!-- table -->\n${table}<!-- end of the table -->\n${after}`)
}
