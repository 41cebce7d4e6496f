// Writes man/meshery-live.1 from the declarations of the commands: node scripts/man.mjs
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
// From there package.json is found by its relative path.
const outfile = `${root}node_modules/.cache/man.mjs`
await build({
  absWorkingDir: root,
  entryPoints: ['test/docs/generated-man-page.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'error',
})
const { currentManPage, manPage } = await import(outfile)
mkdirSync(`${root}man`, { recursive: true })
writeFileSync(`${root}${manPage}`, currentManPage())
console.log(`${manPage}: written`)
