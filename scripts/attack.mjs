#!/usr/bin/env node
// Attacks the built client with hostile servers, and asserts the bounds of each attack.
// An attack that breaks a bound beside others is repeated alone. One that is known to break a bound (test/attack/known.mjs) is printed, and does not fail the run.
//   npm run attack -- [NAME...] [--json] [--lanes 16] [--list]
// NAME is a part of an attack's name. Ends with 1 when a bound was broken.
import { parseArgs } from 'node:util'
import { attacks } from '../test/attack/attacks/index.mjs'
import { format } from '../test/attack/judge.mjs'
import { known } from '../test/attack/known.mjs'
import { runAttacks } from '../test/attack/run.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '16' },
  },
})
const chosen = attacks.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
if (chosen.length === 0 || !(Number(values.lanes) > 0)) {
  console.error('usage: npm run attack -- [NAME...] [--json] [--lanes 16] [--list]')
  process.exit(2)
}
if (values.list) {
  for (const { name } of chosen) console.log(name)
  process.exit(0)
}

const began = performance.now()
const show = process.stderr.isTTY && !values.json
let done = 0
const rows = await runAttacks(chosen, {
  lanes: Number(values.lanes),
  onRow({ attack, problems }) {
    done++
    if (show) process.stderr.write(`\r\x1b[K${done}/${chosen.length} ${attack.name}`)
    if (problems.length > 0 && !values.json)
      console.error(`${show ? '\r\x1b[K' : ''}FAIL ${attack.name}: ${problems.join('; ')}`)
  },
})
if (show) process.stderr.write('\r\x1b[K')

/** The most requests within any second. */
const peak = (times = []) => {
  let most = 0
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to] - times[from] > 1_000) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

const verdictOf = (attack, problems) => {
  if (problems.length === 0) return 'ok'
  return known.has(attack.name) ? 'known' : 'FAIL'
}

const cells = rows.map(({ attack, result, server, problems, outcome }) => ({
  attack: attack.name,
  transport: attack.transport,
  outcome,
  ms: Math.round(result.cli?.ms ?? result.ms ?? NaN),
  requests: server.requests.length,
  'req/s': peak(server.requests),
  dials: server.dials.length,
  'RSS MiB': Math.round(result.cli?.measures?.rss ?? result.rss ?? NaN),
  'lag p99': format(result.cli?.measures?.lagP99 ?? result.lagP99 ?? NaN),
  verdict: verdictOf(attack, problems),
  problems,
}))
const failed = cells.filter(({ verdict }) => verdict === 'FAIL').length

if (values.json) console.log(JSON.stringify(cells, undefined, 1))
else {
  const columns = Object.keys(cells[0] ?? {}).filter((name) => name !== 'problems')
  const short = (value) => (String(value).length > 60 ? `${String(value).slice(0, 59)}…` : String(value))
  const widths = columns.map((name) => Math.max(name.length, ...cells.map((row) => short(row[name]).length)))
  const line = (texts) =>
    texts
      .map((text, at) => short(text).padEnd(widths[at]))
      .join('  ')
      .trimEnd()
  console.log(line(columns))
  for (const row of cells) {
    console.log(line(columns.map((name) => row[name])))
    for (const problem of row.problems) console.log(`    ${problem.replace(/\s+/g, ' ').slice(0, 400)}`)
  }
  const open = cells.filter(({ verdict }) => verdict === 'known')
  for (const { attack } of open) console.log(`known: ${attack}: ${known.get(attack)}`)
  const seconds = Math.round((performance.now() - began) / 1_000)
  console.log(
    `\n${open.length} known, in ${seconds} s\n${cells.length - failed - open.length} passed, ${failed} failed`,
  )
}
process.exitCode = failed === 0 ? 0 : 1
