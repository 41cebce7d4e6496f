// Tests what `npm run build` made as its users meet it: by their compilers and their bundlers. Part of `npm run check:package`.
import { installTools, run } from './tools.mjs'

installTools('test/package')
process.exitCode = run('npx', ['vitest', 'run', '--config', 'test/package/vitest.config.ts', ...process.argv.slice(2)])
