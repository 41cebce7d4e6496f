// Packs the package, unpacks it as if it were installed, and uses it from there: a file that `files` lacks is missing here.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
// Inside node_modules, so that its dependencies are found there.
const folder = mkdtempSync(join(cache, 'packed-'))

const run = (program, ...args) =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })

const program = `
import { readFileSync } from 'node:fs'
import { createMeshery, MesheryError } from 'meshery-live'
import { v0_8 } from 'meshery-live/documents'
import * as texts from 'meshery-live/documents/text'
import { startFakeMeshery } from 'meshery-live/testing'

for (const release of ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'current']) {
  const fake = await startFakeMeshery({ release })
  const meshery = createMeshery({ url: fake.url, provider: 'None' })
  const events = meshery.subscribeEvents({ severity: 'error' })
  await events.ready
  fake.events.add({ severity: 'error', description: release })
  for await (const { description } of events) {
    if (description !== release) throw new Error('Another event came: ' + description)
    break
  }
  await meshery.close()
  await fake.close()
}
if (!(new MesheryError('CLOSED', 'closed', { phase: 'options' }) instanceof Error)) throw new Error('No error is exported')
const document = readFileSync(new URL(import.meta.resolve('meshery-live/operations/v0.8/events.graphql')), 'utf8')
if (!document.includes('subscribeEvents')) throw new Error('The documents are not shipped')
if (v0_8.EventsDocument.kind !== 'Document') throw new Error('The parsed documents are not exported')
if (v0_8.EventsDocument.loc.source.body !== texts.v0_8.EventsDocument) throw new Error('The texts are not exported')
`

try {
  const [{ filename, files, size }] = JSON.parse(
    run('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder, root),
  )
  const home = join(folder, 'node_modules/meshery-live')
  mkdirSync(home, { recursive: true })
  run('tar', '-xzf', filename, '-C', home, '--strip-components=1')
  writeFileSync(join(folder, 'use.mjs'), program)
  run(process.execPath, 'use.mjs')
  const version = run(process.execPath, join(home, 'dist/cli/main.js'), '--version').trim()
  console.log(`The packed package works: ${version}, ${files.length} files, ${(size / 1000).toFixed(0)} kB.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
