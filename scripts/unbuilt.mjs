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
console.error('meshery-live: this clone is not built yet\\n  Run \`npm run build\` first.')
process.exitCode = 1
`,
  )
  chmodSync(program, 0o755)
}
