// Tests the output of `npm run build` as its users use it: with their compilers and bundlers. Part of `npm run check:package`.
import { installTools, run } from './tools.mjs'

installTools('test/package')
process.exitCode = run('npx', ['vitest', 'run', '--config', 'test/package/vitest.config.ts', ...process.argv.slice(2)])
