import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it("a process that follows a document does not load Node's fetch, which takes longer than to connect", async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    logLevel: 'error',
  })
  const program = `${outputFiles[0]?.text}
    const { createServer } = require('node:http')
    const loaded = () => process.moduleLoadList.filter((name) => /undici/.test(name)).length
    const first = loaded()
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      const client = module.exports.createMeshery({ url: 'http://127.0.0.1:' + port, token: 'token', provider: 'None' })
      client.subscribe('subscription { subscribeEvents { id } }')
      server.on('upgrade', () => {
        const connected = loaded()
        new Headers()
        console.log(JSON.stringify({ byConnecting: connected - first, isSeen: loaded() > first }))
        process.exit()
      })
    })`
  const { stdout } = spawnSync(process.execPath, ['-'], { input: program, encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual({ byConnecting: 0, isSeen: true })
})
