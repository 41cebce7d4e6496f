import { mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, runInContext, runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import { readEventsArguments } from '../../src/client/events-arguments.ts'
import { RawSubscriber } from '../../src/connection/raw-subscriber.ts'
import { Redactor } from '../../src/credentials/redactor.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { trustedRoots } from '../../src/platform/trusted-roots.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'

const root = join(import.meta.dirname, '../..')
const shared = [
  ...['URL', 'AbortController', 'AbortSignal', 'Headers', 'TextEncoder', 'TextDecoder', 'Buffer', 'fetch', 'process'],
  ...[
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'clearImmediate',
    'queueMicrotask',
    'btoa',
    'performance',
  ],
]

/** The client in a realm of its own, as Jest evaluates modules: the errors of Node are of another one. */
async function clientOfAnotherRealm(): Promise<{
  readonly createMesheryOn: typeof createMesheryOn
  readonly nodePlatform: typeof nodePlatform
  fileCursor(path: string): { load(): Promise<unknown> }
}> {
  const contents = [
    "export { createMesheryOn } from './client/create-meshery.ts'",
    "export { nodePlatform } from './platform/node.ts'",
    "export { fileCursor } from './cursor/file-cursor.ts'",
  ].join('\n')
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, 'src'), loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'cjs', packages: 'external', write: false, logLevel: 'error' },
  })
  const module = { exports: {} }
  const globals = Object.fromEntries(shared.map((name) => [name, Reflect.get(globalThis, name)]))
  const required = createRequire(join(root, 'src/index.ts'))
  const context = createContext({ ...globals, module, exports: module.exports, require: required })
  return runInContext(`${outputFiles?.[0]?.text};module.exports`, context)
}

describe('in a realm of its own, as under Jest', () => {
  it('a client connects on a machine without the files of mesheryctl', async () => {
    const other = await clientOfAnotherRealm()
    await using fake = await startFakeMeshery()
    const home = mkdtempSync(join(tmpdir(), 'meshery-live-'))
    const meshery = other.createMesheryOn(other.nodePlatform({ env: {}, home }))({ url: fake.url })
    try {
      await meshery.subscribeEvents().ready
    } finally {
      await meshery.close()
    }
  })

  it('`fileCursor` loads nothing where there is no file', async () => {
    const { fileCursor } = await clientOfAnotherRealm()
    expect(await fileCursor(join(tmpdir(), 'meshery-live-none', 'x')).load()).toBeUndefined()
  })
})

describe('what a user or a platform gives may be of another realm', () => {
  const foreign = (code: string): unknown => runInNewContext(code)

  it('a Date as `since`', () => {
    const since: unknown = foreign('new Date(1000)')
    expect(readEventsArguments({ since } as never).beginning).toEqual({ from: 'time', at: 1_000 })
    const invalid: unknown = foreign('new Date(NaN)')
    expect(() => readEventsArguments({ since: invalid } as never)).toThrow('an invalid Date')
  })

  it('a URL as `url` and as `proxy`', async () => {
    const address = new URL('http://localhost:9')
    const copy = Object.create(null, { href: { get: () => address.href }, toString: { value: () => address.href } })
    const meshery = createMesheryOn(nodePlatform({ env: {}, home: '/nonexistent' }))({ url: copy, proxy: copy })
    expect(meshery.url).toBe('http://localhost:9')
    await meshery.close()
  })

  it('bytes as `tls.ca`: they are one certificate, no list of them', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
    const ca: unknown = foreign(`Uint8Array.from(${JSON.stringify([...Buffer.from(pem)])})`)
    expect(trustedRoots(ca as Uint8Array, {})).toContain(pem)
  })

  it('the error of a `fetch`, whose text is shown', () => {
    const cause = foreign("new TypeError('fetch failed')")
    expect(browserPlatform.networkError(cause, 'stream', 'http://a').message).toBe('http://a: fetch failed')
  })

  it('a cause that quotes a secret', () => {
    const redactor = new Redactor()
    redactor.learn('token', ['very-secret-token'])
    const cause = foreign("new Error('quotes very-secret-token')")
    const shown = redactor.error(new MesheryError('CONNECTION_LOST', 'It broke', { phase: 'stream', cause }))
    expect(String(shown.cause)).not.toContain('very-secret-token')
  })

  it('a promise of an operation', async () => {
    const operation = foreign("Promise.resolve({ graphql: { query: 'subscription { a }' } })") as Promise<never>
    const joined: string[] = []
    const options = { buffer: 1, bufferBytes: 1, notice: () => {} }
    new RawSubscriber(operation, options, (_, { operation: { graphql } }) => {
      joined.push(graphql?.query ?? '')
      return { state: undefined, leave: () => {} }
    })
    await operation
    expect(joined).toEqual(['subscription { a }'])
  })
})
