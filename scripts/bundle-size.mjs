// Bundles what a page imports, as an application would, and prints its download size.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What a page may import, and the most that it may weigh, in bytes of gzip. */
const bundles = [
  { name: 'everything', contents: `export * from './src/browser.ts'`, limit: 47_650, aim: 34_000 },
  {
    name: 'events over SSE and polling',
    contents: `import { createMeshery, events, polling, sse } from './src/core/browser.ts'
      globalThis.meshery = createMeshery({ transports: [sse, polling], streams: [events] })`,
    limit: 32_400,
    aim: 16_000,
  },
  {
    name: 'React hooks, without the client',
    contents: `export { MesheryClientProvider, useClusterResources, useConfiguration, useConnectionStatus, useControllers,
      useEvents, useKubernetesContexts, useMeshery, useModelSummary, usePerformanceProfiles, usePerformanceResults,
      } from './src/react/browser.ts'`,
    limit: 4_430,
    aim: 3_500,
  },
]

/** How much more a page may get from dist, in bytes of gzip: the order of the modules is another one there. */
const mostMoreFromDist = 400

/** Other clients, for comparison: printed with `--peers`, without a limit. */
const peers = [
  { name: 'graphql-ws', contents: `export { createClient } from 'graphql-ws'` },
  {
    name: '@urql/core and graphql-ws',
    contents: `export { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core'
      export { createClient } from 'graphql-ws'`,
  },
  {
    name: '@apollo/client and graphql-ws',
    contents: `export { ApolloClient, InMemoryCache, HttpLink } from '@apollo/client'
      export { GraphQLWsLink } from '@apollo/client/link/subscriptions'
      export { createClient } from 'graphql-ws'`,
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

/** Bundles for a page; `from` is the folder of the entries, and `to` what their names end with. */
const bundle = (contents, from, to) =>
  build({
    stdin: {
      contents: contents.replace(/'\.\/src\/(.*)\.ts'/, (_, entry) => `'${from}/${entry}.${to}'`),
      resolveDir: root,
    },
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
    // The printer is loaded only for a parsed document that has lost its text. A page with hooks has its own React.
    external: ['graphql/language/printer.js', 'react'],
  })

const gzipped = ({ contents }) => gzipSync(contents, { level: 9 }).length

/** The entries for browsers as `scripts/build.mjs` writes them: a bundler finds only a few files there, and drops single declarations. */
const built = mkdtempSync(`${tmpdir()}/bundle-size-`)
writeFileSync(`${built}/package.json`, '{ "type": "module", "sideEffects": false }')
await build({
  absWorkingDir: root,
  entryPoints: ['src/browser.ts', 'src/core/browser.ts', 'src/react/browser.ts'],
  outbase: 'src',
  outdir: built,
  bundle: true,
  packages: 'external',
  format: 'esm',
  target: 'es2023',
  splitting: true,
  platform: 'browser',
  logLevel: 'error',
})

for (const { name, contents, limit, aim } of bundles) {
  const { outputFiles, metafile } = await bundle(contents, './src', 'ts')
  const fromBuilt = await bundle(contents, built, 'js')
  const [output] = outputFiles
  const [outputOfBuilt] = fromBuilt.outputFiles
  if (!output || !outputOfBuilt) throw new Error('esbuild wrote nothing')
  const size = gzipped(output)
  const builtSize = gzipped(outputOfBuilt)
  if (verbose) {
    const [{ inputs }] = Object.values(metafile.outputs)
    const rows = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    for (const [file, { bytesInOutput }] of rows) console.log(`${number(bytesInOutput).padStart(8)}  ${file}`)
  }
  console.log(
    `${name}: ${number(size)} bytes gzip (${number(output.contents.length)} minified); limit ${number(limit)}, aim ${number(aim)}; from dist ${number(builtSize)}`,
  )
  if (builtSize > size + mostMoreFromDist) {
    console.error(
      'dist weighs too much more than src: is a declaration there that a bundler cannot drop, without /* @__PURE__ */?',
    )
    process.exitCode = 1
  }
  if (size <= limit) continue
  console.error(`over the limit by ${number(size - limit)} bytes; run with --verbose to see what weighs`)
  process.exitCode = 1
}
rmSync(built, { recursive: true })
if (process.argv.includes('--peers')) {
  for (const { name, contents } of peers) {
    const [output] = (await bundle(contents, './src', 'ts')).outputFiles
    if (!output) throw new Error('esbuild wrote nothing')
    console.log(`${name}: ${number(gzipped(output))} bytes gzip (${number(output.contents.length)} minified)`)
  }
}
for (const line of nodeOnly) console.error(`not for browsers: ${line}`)
if (nodeOnly.size > 0) process.exitCode = 1
