import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { limitMs } from '../limits.ts'
import { type Installed, installPacked } from './installed.ts'

const here = import.meta.dirname
const auth = { provider: 'Meshery', token: 'a-token-of-some-length' } as const

/** The lines that esbuild's users put in front of a module, since CommonJS in it calls `require`. */
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

describe('a bundle of the packed package', () => {
  let installed: Installed

  beforeAll(async () => {
    installed = await installPacked()
    await copyFile(join(here, 'consumers/bundled.mjs'), join(installed.folder, 'bundled.mjs'))
    await copyFile(join(here, 'bundle.mjs'), join(installed.folder, 'bundle.mjs'))
  })
  afterAll(() => installed?.[Symbol.asyncDispose]())

  const esbuild = (options: BuildOptions) => async (outdir: string) => {
    await build({
      absWorkingDir: installed.folder,
      entryPoints: ['bundled.mjs'],
      outdir,
      bundle: true,
      platform: 'node',
      logLevel: 'error',
      ...options,
    })
  }
  /** Webpack and Rollup have their own process, in their own folder. */
  const bundler = (name: string) => async (outdir: string) => {
    await promisify(execFile)(process.execPath, [
      join(here, 'bundle.mjs'),
      name,
      join(installed.folder, 'bundled.mjs'),
      outdir,
    ])
  }

  /** Runs a bundle without any installed package, as a user with mesheryctl's files. */
  const run = async (bundle: (outdir: string) => Promise<void>): Promise<string> => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    const folder = await mkdtemp(join(tmpdir(), 'meshery-live-bundle-'))
    try {
      const [outdir, home] = [join(folder, 'bundle'), join(folder, 'home')]
      await mkdir(join(home, '.meshery'), { recursive: true })
      await writeFile(join(home, '.meshery/config.yaml'), config(fake.url))
      await writeFile(
        join(home, '.meshery/auth.json'),
        JSON.stringify({ token: auth.token, 'meshery-provider': auth.provider }),
      )
      await bundle(outdir)
      const main = (await readdir(outdir)).find((file) => /^bundled\.(js|cjs|mjs)$/.test(file)) ?? ''
      const env = { ...installed.env, HOME: home, USERPROFILE: home }
      const producer = setInterval(() => fake.events.add({ description: 'It came.' }), 100)
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [join(outdir, main)], { env, timeout: limitMs })
        return stdout.trim()
      } finally {
        clearInterval(producer)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  it.each([
    ['esbuild, CommonJS', () => esbuild({ format: 'cjs', outExtension: { '.js': '.cjs' } })],
    [
      'esbuild, a module with `require`',
      () => esbuild({ format: 'esm', outExtension: { '.js': '.mjs' }, banner: { js: banner } }),
    ],
    ['esbuild, minified', () => esbuild({ format: 'cjs', outExtension: { '.js': '.cjs' }, minify: true })],
    ['webpack, CommonJS', () => bundler('webpack-cjs')],
    ['webpack, a module', () => bundler('webpack-esm')],
    ['Rollup, CommonJS', () => bundler('rollup-cjs')],
    ['Rollup, a module', () => bundler('rollup-esm')],
  ])("reads mesheryctl's files and receives an event: %s", async (_, bundle) => {
    expect(await run(bundle())).toBe('It came.')
  })

  it('by esbuild as a module needs `require` in front of it, for the sake of `ws`, and the error says so', async () => {
    const bundle = esbuild({ format: 'esm', outExtension: { '.js': '.mjs' } })
    await expect(run(bundle)).rejects.toThrow('Dynamic require of "events" is not supported')
  })

  it('for browsers and for workers contains no Node code', async () => {
    for (const conditions of [['browser'], ['workerd', 'worker', 'browser']]) {
      // Node code cannot be resolved for a browser, which ends the build.
      const { metafile } = await build({
        absWorkingDir: installed.folder,
        entryPoints: ['bundled.mjs'],
        bundle: true,
        format: 'esm',
        platform: 'browser',
        conditions,
        write: false,
        metafile: true,
        outdir: 'unused',
        logLevel: 'silent',
      })
      const packages = Object.keys(metafile.inputs).map(
        (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1],
      )
      expect(new Set(packages)).toEqual(new Set(['graphql', 'meshery-live', undefined]))
      expect(
        Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external)),
      ).toEqual([])
    }
  })
})

const config = (endpoint: string): string => `current-context: local
contexts:
  local:
    endpoint: ${endpoint}
    token: default
    platform: kubernetes
tokens:
  - name: default
    location: auth.json
`
