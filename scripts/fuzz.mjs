#!/usr/bin/env node
// Sends random frames, streams, responses and files to the client, in memory.
//   npm run fuzz -- [--minutes 10] [--seed N] [--target NAME] [--keep]
// Replays the corpus first. Ends with 1 at a finding; `--keep` adds it to the corpus. The same seed gives the same cases.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    target: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- [--minutes 10] [--seed N] [--target NAME] [--keep]')
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/meshery-live')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'fuzz-'))
const outfile = join(folder, 'fuzz.mjs')
await build({
  entryPoints: [join(root, 'test/fuzz/fuzz.ts')],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'error',
})
process.setSourceMapsEnabled(true)
const { corpus, fuzz, runCase, targets } = await import(outfile)
rmSync(folder, { recursive: true })

const corpusFolder = join(root, 'test/fuzz/corpus')
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target)
console.log(`seed ${seed}`)
let findings = 0
for (const { file, target, input } of corpus(corpusFolder)) {
  await runCase(target, input).catch((error) => {
    findings++
    console.log(`corpus/${file} fails again: ${error.message}`)
  })
}

/** How many cases of a target run before the next one has its turn. */
const share = 400
const endAt = Date.now() + minutes * 60_000
const counts = new Map()
const broken = new Set()
for (let round = 0; Date.now() < endAt && broken.size < chosen.length; round++) {
  for (const target of chosen) {
    if (broken.has(target) || Date.now() >= endAt) continue
    const result = await fuzz(target, { seed: seed + round, runs: share, endAt })
    counts.set(target.name, (counts.get(target.name) ?? 0) + result.runs)
    if (!('error' in result)) continue
    findings++
    // One finding of a target hides others: the rest of the time is for the other targets.
    broken.add(target)
    const kept = JSON.stringify({ target: target.name, input: result.input }, undefined, 2)
    console.log(`FINDING in ${target.name} (seed ${seed + round}):\n${kept}\n${result.error}`)
    if (values.keep) writeFileSync(join(corpusFolder, `${target.name}-${seed + round}.json`), `${kept}\n`)
  }
}
console.log([...counts].map(([name, count]) => `${count} cases of ${name}`).join(', '))
console.log(findings === 0 ? 'No finding.' : `${findings} findings.`)
process.exit(findings === 0 ? 0 : 1)
