// Bundles what a page imports, as an application would, and prints its download size.
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What a page may import, and the most that it may weigh, in bytes of gzip. The limits only fall. */
const bundles = [
  { name: 'everything', contents: `export * from './src/browser.ts'`, limit: 47_100, aim: 34_000 },
  {
    name: 'events over SSE and polling',
    contents: `import { createMeshery, events, polling, sse } from './src/core/browser.ts'
      globalThis.meshery = createMeshery({ transports: [sse, polling], streams: [events] })`,
    limit: 32_500,
    aim: 16_000,
  },
]

const verbose = process.argv.includes('--verbose')
const root = fileURLToPath(new URL('..', import.meta.url))
const number = (bytes) => bytes.toLocaleString('en')

/** Code for Node must not get into a browser; esbuild by itself refuses `fs` but may let `node:fs` pass. */
const nodeOnly = new Set()
const forbidNode = {
  name: 'forbid-node',
  setup(building) {
    building.onResolve({ filter: /^(node:|ws$)/ }, ({ path, importer }) => {
      nodeOnly.add(`${importer} imports ${path}`)
      return { path, external: true }
    })
  },
}

for (const { name, contents, limit, aim } of bundles) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    write: false,
    metafile: true,
    legalComments: 'none',
    logLevel: 'error',
    plugins: [forbidNode],
    // Loaded only for a parsed document that has lost its text.
    external: ['graphql/language/printer.js'],
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild wrote nothing')
  const size = gzipSync(output.contents, { level: 9 }).length
  if (verbose) {
    const [{ inputs }] = Object.values(metafile.outputs)
    const rows = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    for (const [file, { bytesInOutput }] of rows) console.log(`${number(bytesInOutput).padStart(8)}  ${file}`)
  }
  console.log(
    `${name}: ${number(size)} bytes gzip (${number(output.contents.length)} minified); limit ${number(limit)}, aim ${number(aim)}`,
  )
  if (size <= limit) continue
  console.error(`over the limit by ${number(size - limit)} bytes; run with --verbose to see what weighs`)
  process.exitCode = 1
}
for (const line of nodeOnly) console.error(`not for browsers: ${line}`)
if (nodeOnly.size > 0) process.exitCode = 1
