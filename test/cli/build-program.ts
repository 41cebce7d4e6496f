import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { isFull } from '../sample.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that Node runs as the program, and a home directory without files. */
    readonly program: { readonly main: string; readonly home: string }
  }
}

/** What packages for CommonJS need in a module. */
const withRequire = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Builds the program once for all test files from the sources as they are, in a folder beside what it reads from the package. */
export default function buildProgram(project: TestProject): () => void {
  const cache = join(root, 'node_modules/.cache/meshery-live')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'cli-'))
  const main = join(folder, 'dist/cli/main.js')
  buildSync({
    entryPoints: [join(root, 'src/cli/main.ts')],
    outfile: main,
    bundle: true,
    // `npm test` starts the program dozens of times: with its packages in one file it starts a third faster.
    packages: isFull ? 'external' : 'bundle',
    // What users may leave out stays a package.
    external: ['@nats-io/*'],
    banner: { js: withRequire },
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  symlinkSync(join(root, 'schema'), join(folder, 'schema'))
  symlinkSync(join(root, 'package.json'), join(folder, 'package.json'))
  // What the page shows, the tests of the page prove.
  mkdirSync(join(folder, 'dist/dashboard'))
  writeFileSync(join(folder, 'dist/dashboard/index.html'), '<!doctype html><title>Dashboard</title>')
  const home = join(folder, 'home')
  mkdirSync(home)
  project.provide('program', { main, home })
  return () => rmSync(folder, { recursive: true })
}
