// Runs after `npm ci`: writes a program in place of the one that the build makes, so that `npx meshery-live` finds it in a fresh clone and
// says what to do. Without it npx links a package without a program, and keeps that for later.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
if (!existsSync(program)) {
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(
    program,
    `#!/usr/bin/env node
import { existsSync } from 'node:fs'
const isClone = existsSync(new URL('../../scripts/build.mjs', import.meta.url))
const [what, remedy] = isClone
  ? ['this clone is not built yet', 'Run \`npm run build\` first.']
  : ['this package was packed without its build', 'Run \`npm ci\`, \`npm run build\` and \`npm pack\` in a clone.']
console.error('meshery-live: ' + what + '\\n  ' + remedy)
process.exitCode = 1
`,
  )
  chmodSync(program, 0o755)
}
