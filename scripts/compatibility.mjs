// Writes the parts of docs/compatibility.md and docs/streams/*.md that are made from the declarations.
//   node scripts/compatibility.mjs [--write]
// Without --write it names the pages that are out of date, and ends with 1 when any is.
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

// The code that makes them is beside the tests, in TypeScript.
const built = await build({
  entryPoints: [new URL('../test/docs/generated.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
})
const { generatedPages, regenerate } = await import(
  `data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`
)

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const stale = generatedPages.filter((path) => regenerate(path, read(path), read) !== read(path))

for (const path of stale) {
  if (process.argv.includes('--write'))
    writeFileSync(new URL(`../${path}`, import.meta.url), regenerate(path, read(path), read))
  else process.exitCode = 1
  console.log(
    `${path}: ${process.exitCode ? 'out of date; node scripts/compatibility.mjs --write updates it' : 'written'}`,
  )
}
