// `npm run bench [-- --quick] [-- --only name,name] [-- --write]`. A full run writes its table into docs/benchmarks.md.
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { away, cut, frozen, rest } from './measures/recovery.mjs'
import { catchUp, heap, latency, load, paced, shared, start, throughput } from './measures/speed.mjs'

const measures = { throughput, shared, latency, paced, load, 'catch-up': catchUp, start, heap, cut, away, frozen, rest }
/** Those that wait more than they work, and may run at the same time. */
const waiting = new Set(['away', 'frozen', 'rest'])

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, write: { type: 'boolean' } },
})
const names = options.only?.split(',') ?? Object.keys(measures)
for (const name of names)
  if (!(name in measures)) {
    console.error(`There is no measure ${name}; there are ${Object.keys(measures).join(', ')}.`)
    process.exit(2)
  }

const rows = new Map()
async function run(name) {
  console.error(`${name} ...`)
  rows.set(name, await measures[name](options))
  for (const row of rows.get(name)) console.error(`  ${lineOf(row)}`)
}
for (const name of names) if (!waiting.has(name)) await run(name)
await Promise.all(names.filter((name) => waiting.has(name)).map(run))

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

if (options.write ?? !(options.quick || options.only)) {
  const file = new URL('../docs/benchmarks.md', import.meta.url)
  const [before, , after] = (await readFile(file, 'utf8')).split(/<!-- (?:table|end of the table) -->\n/)
  await writeFile(file, `${before}<!-- table -->\n${table}<!-- end of the table -->\n${after}`)
}
