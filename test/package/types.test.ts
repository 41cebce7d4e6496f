import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Installed, installPacked } from './installed.ts'

const here = import.meta.dirname
const root = join(here, '../..')
const tool = (name: string): string => join(here, 'node_modules', name, 'bin/tsc')
const compilers = {
  '5.0': tool('typescript-5.0'),
  '5.5': tool('typescript-5.5'),
  '5.9': tool('typescript-5.9'),
  newest: join(root, 'node_modules/typescript/bin/tsc'),
} as const
type Compiler = keyof typeof compilers

/** Every strict option that a user may set. */
const strict = {
  noEmit: true,
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}
const dom = { lib: ['es2022', 'dom', 'dom.iterable'], types: [] }
const node = { lib: ['es2022'], types: ['node'] }
const bundler = { ...dom, module: 'esnext', moduleResolution: 'bundler' }
const node16 = { ...node, module: 'node16', moduleResolution: 'node16' }
const nodenext = { ...node, module: 'nodenext', moduleResolution: 'nodenext' }

/** The files to compile, by their names there: a `.cts` is CommonJS. */
const page = { 'consumer.ts': 'consumer.ts', 'rxjs.ts': 'rxjs.ts' }
const program = { ...page, 'testing.ts': 'testing.ts' }
const commonJs = { 'consumer.cts': 'consumer.ts', 'rxjs.cts': 'rxjs.ts', 'testing.cts': 'testing.ts' }
const using = { 'using.ts': 'using.ts' }

describe('the declarations of the packed package', () => {
  let installed: Installed
  let projects = 0

  beforeAll(async () => {
    installed = await installPacked()
    await installed.link(root, 'rxjs')
    await installed.link(root, '@types/node')
    await installed.link(root, '@types/react')
    await installed.link(root, 'csstype')
  })
  afterAll(() => installed?.[Symbol.asyncDispose]())

  /** The errors of the compiler. */
  const compile = async (
    compiler: Compiler,
    files: Readonly<Record<string, string>>,
    options: Readonly<Record<string, unknown>>,
  ): Promise<string> => {
    const project = join(installed.folder, `project-${++projects}`)
    await mkdir(project)
    for (const [file, consumer] of Object.entries(files))
      await writeFile(join(project, file), await readFile(resolve(here, 'consumers', consumer), 'utf8'))
    const config = { compilerOptions: { ...strict, ...options }, files: Object.keys(files) }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config))
    const [done] = await Promise.allSettled([
      promisify(execFile)(process.execPath, [compilers[compiler], '-p', project]),
    ])
    return done.status === 'fulfilled' ? done.value.stdout : `${done.reason.message}\n${done.reason.stdout}`
  }

  it.each([
    ['5.0', 'bundler', page, bundler],
    ['5.0', 'node16', { ...program, ...commonJs }, node16],
    ['5.0', 'nodenext', { ...program, ...commonJs }, nodenext],
    ['5.5', 'bundler', { ...page, ...using }, bundler],
    ['5.5', 'nodenext', { ...program, ...commonJs, ...using }, nodenext],
    ['5.9', 'nodenext', { ...program, ...commonJs, ...using }, nodenext],
    ['newest', 'bundler', { ...page, ...using }, bundler],
    ['newest', 'node16', { ...program, ...commonJs, ...using }, node16],
    ['newest', 'nodenext', { ...program, ...commonJs, ...using }, nodenext],
  ] as const)('have the right types in TypeScript %s with %s', async (compiler, _, files, options) => {
    expect(await compile(compiler, files, options)).toBe('')
  })

  it.each([
    ['5.0', 'bundler', bundler],
    ['5.0', 'node16', { ...node16, ...dom }],
    ['5.5', 'bundler', bundler],
    ['newest', 'bundler', bundler],
    ['newest', 'nodenext', { ...nodenext, ...dom }],
  ] as const)('have components and hooks for pages in TypeScript %s with %s', async (compiler, _, options) => {
    expect(await compile(compiler, { 'page.tsx': 'page.tsx' }, { ...options, jsx: 'react-jsx' })).toBe('')
  })

  it.each(['browser', 'workerd', 'edge-light'])('are the same under the condition %s', async (condition) => {
    expect(await compile('newest', page, { ...bundler, customConditions: [condition] })).toBe('')
  })

  it.each(['5.0', '5.9', 'newest'] as const)(
    'let a library export what it subscribes to, in TypeScript %s',
    async (compiler) => {
      const declarations = { noEmit: false, declaration: true, emitDeclarationOnly: true }
      for (const options of [bundler, nodenext])
        expect(await compile(compiler, { 'library.ts': 'library.ts' }, { ...options, ...declarations })).toBe('')
    },
  )

  it('reject a wrong use', async () => {
    await writeFile(
      join(installed.folder, 'wrong.ts'),
      `import { createMeshery } from 'meshery-live'
for await (const event of createMeshery().subscribeEvents()) event.nothing
`,
    )
    const said = await compile('5.0', { 'wrong.ts': join(installed.folder, 'wrong.ts') }, bundler)
    expect(said).toContain("wrong.ts(2,68): error TS2339: Property 'nothing' does not exist")
  })
})
