// Builds dist/: the declarations by tsc, a file for each, and again for CommonJS; the code by esbuild, joined into a few,
// since a process takes long to load a hundred small modules.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { writeCommonJsDeclarations } from './commonjs-declarations.mjs'
import { buildDashboard } from './dashboard.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
const entries = [
  'index',
  'browser',
  'worker',
  'testing/index',
  'doctor/index',
  'nats/index',
  'relay/index',
  'core/index',
  'core/browser',
  'core/worker',
  'actions/index',
  'actions/browser',
  'actions/worker',
  'cursor/index',
  'cursor/browser',
  'react/index',
  'react/browser',
  'react/worker',
  'documents',
  'document-texts',
]
writeCommonJsDeclarations(entries.map((entry) => `${root}dist/${entry}.d.ts`))
const common = {
  absWorkingDir: root,
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  format: 'esm',
  target: 'es2023',
  // The sources are in the package: stack traces and debuggers find them.
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  // Entries share their common code, so that an error is the same class in every entry.
  splitting: true,
  // One folder deep like the entries' own: from there the schema and package.json are found by their relative paths.
  chunkNames: 'shared/[name]-[hash]',
}
await build({
  ...common,
  entryPoints: [
    'src/index.ts',
    'src/testing/index.ts',
    'src/doctor/index.ts',
    'src/nats/index.ts',
    'src/relay/index.ts',
    'src/core/index.ts',
    'src/actions/index.ts',
    'src/cursor/index.ts',
    'src/react/index.ts',
    'src/documents.ts',
    'src/document-texts.ts',
    'src/cli/main.ts',
  ],
  platform: 'node',
})
await build({
  ...common,
  entryPoints: [
    'src/browser.ts',
    'src/core/browser.ts',
    'src/actions/browser.ts',
    'src/cursor/browser.ts',
    'src/react/browser.ts',
  ],
  platform: 'browser',
})
await build({
  ...common,
  entryPoints: ['src/worker.ts', 'src/core/worker.ts', 'src/actions/worker.ts', 'src/react/worker.ts'],
  platform: 'browser',
})
// npx of a clone starts it by a link that it made before.
chmodSync(`${root}dist/cli/main.js`, 0o755)
await buildDashboard(`${root}dist/dashboard`)
