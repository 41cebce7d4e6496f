import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

/** A room may import from itself and from rooms before it. */
const rooms = [
  'generated',
  'base',
  'streams',
  'credentials',
  'platform',
  'http',
  'transports',
  'connection',
  'events',
  'states',
  'client',
  'entries',
  'core',
  'doctor',
  'cli',
] as const
const entries = ['index.ts', 'browser.ts', 'worker.ts', 'surface.ts', 'documents.ts', 'document-texts.ts']
/** The fake Meshery stands apart: it knows nothing of the client, and only the command line knows it. */
const apart = { room: 'testing', mayImport: ['base', 'streams'], importedBy: ['cli'] }
/** Generated documents say their types by this one, which imports nothing itself. */
const evenEarlier = 'base/document.ts'
const mostLines = 350

type Sources = Readonly<Record<string, string>>

const root = join(import.meta.dirname, '../src')

const readSources = (): Sources =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [file.split(sep).join('/'), readFileSync(join(root, file), 'utf8')]),
  )

const roomOf = (file: string): string => (entries.includes(file) ? 'entries' : (file.split('/')[0] ?? ''))

const comment = /\/\*[\s\S]*?\*\/|\/\/.*/
const text = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/
/** A slash after an operator or a bracket begins a pattern, not a division. */
const pattern = /(?<=(?:[(,=:[!&|?{};>]|\breturn)\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/
const notCode = new RegExp(`${pattern.source}|${comment.source}|${text.source}`, 'g')

const isComment = (part: string): boolean => /^\/[*/]/.test(part)
const withoutComments = (source: string): string =>
  source.replace(notCode, (part) => (isComment(part) ? part.replace(/[^\n]/g, ' ') : part))
/** What is left has the same lines, so that they can be named. */
const codeOnly = (source: string): string => source.replace(notCode, (part) => part.replace(/[^\n]/g, ' '))

/** What a file imports from its own house, by value or by type, as paths from `src`. */
function importsOf(file: string, source: string): string[] {
  const found = withoutComments(source).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.[^'"]*)\1/g)
  return [...found].map(([, , path = '']) =>
    normalize(join(dirname(file), path))
      .split(sep)
      .join('/'),
  )
}

function stepsBack(sources: Sources): string[] {
  const wrong: string[] = []
  for (const [file, source] of Object.entries(sources)) {
    const from = roomOf(file)
    if (from !== apart.room && !rooms.some((room) => room === from)) wrong.push(`${file} is in no known room`)
    for (const target of importsOf(file, source)) {
      const to = roomOf(target)
      if (!(target in sources)) wrong.push(`${file} imports ${target}, which is not there`)
      else if (to !== from && target !== evenEarlier && !allowed(from, to)) wrong.push(`${file} imports ${target}`)
    }
  }
  return wrong
}

function allowed(from: string, to: string): boolean {
  if (from === apart.room) return apart.mayImport.includes(to)
  if (to === apart.room) return apart.importedBy.includes(from)
  const order: readonly string[] = rooms
  return order.includes(to) && order.indexOf(to) < order.indexOf(from)
}

/** One cycle of imports, types included, as the files it goes through; undefined when there is none. */
function cycle(sources: Sources): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): string[] | undefined => {
    const seen = way.indexOf(file)
    if (seen >= 0) return [...way.slice(seen), file]
    if (done.has(file)) return undefined
    for (const target of importsOf(file, sources[file] ?? '')) {
      const found = visit(target, [...way, file])
      if (found) return found
    }
    done.add(file)
    return undefined
  }
  for (const file of Object.keys(sources)) {
    const found = visit(file, [])
    if (found) return found
  }
  return undefined
}

function tooLong(sources: Sources): string[] {
  const lines = (source: string): number => source.replace(/\n$/, '').split('\n').length
  return Object.entries(sources)
    .filter(([file, source]) => roomOf(file) !== 'generated' && lines(source) > mostLines)
    .map(([file, source]) => `${file} has ${lines(source)} lines`)
}

const doubts: readonly (readonly [what: string, pattern: RegExp, where: (source: string) => string])[] = [
  ['any', /(?<![.\w])any\b(?!\s*[:(?])/, codeOnly],
  ['non-null assertion', /[\w)\]]!(?![=\w])/, codeOnly],
  ['cast through unknown', /\bas unknown as\b/, codeOnly],
  ['ts-ignore', /@ts-(?:ignore|expect-error|nocheck)/, (source) => source],
  ['linter silenced', /biome-ignore/, (source) => source],
]

function doubtsIn(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([file, source]) =>
    doubts.flatMap(([what, doubt, where]) =>
      where(source)
        .split('\n')
        .flatMap((line, index) => (doubt.test(line) ? [`${file}:${index + 1}: ${what}`] : [])),
    ),
  )
}

describe('the house', () => {
  const sources = readSources()

  it('is read whole', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(50)
    expect(importsOf('client/client.ts', sources['client/client.ts'] ?? '')).toContain('connection/connection-pool.ts')
  })

  it('has imports that go one way, from later rooms to earlier ones', () => {
    expect(stepsBack(sources)).toEqual([])
  })

  it('has no cycle of imports, types included', () => {
    expect(cycle(sources)).toBeUndefined()
  })

  it(`has no source file over ${mostLines} lines`, () => {
    expect(tooLong(sources)).toEqual([])
  })

  it('has no `any`, no silenced check, no non-null assertion and no cast through unknown', () => {
    expect(doubtsIn(sources)).toEqual([])
  })
})

describe('the reading of the house', () => {
  it('finds every way to write an import, and none in a comment', () => {
    const source = [
      "import { a } from './a.ts'",
      "import type { B } from '../base/b.ts'",
      "export * from './c.ts'",
      "import './d.ts'",
      "const e = await import('./e.ts')",
      "type F = import('./f.ts').F",
      "import {\n  type G,\n  g,\n} from './g.ts'",
      "// import './no.ts'",
      "/** import { no } from './no.ts' */",
      "const url = 'http://no' // from './no.ts'",
      "const slashes = /\\/\\/'/; import './h.ts'",
      "import { once } from 'node:events'",
    ].join('\n')
    const here = ['a', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `events/${name}.ts`)
    expect(importsOf('events/x.ts', source).sort()).toEqual(['base/b.ts', ...here])
  })

  it.each([
    ['base/a.ts', 'events/b.ts'],
    ['events/a.ts', 'client/b.ts'],
    ['client/a.ts', 'index.ts'],
    ['index.ts', 'cli/main.ts'],
    ['testing/a.ts', 'events/b.ts'],
    ['client/a.ts', 'testing/b.ts'],
    ['index.ts', 'testing/b.ts'],
    ['helpers/a.ts', 'base/b.ts'],
  ])('refuses %s importing %s', (file, target) => {
    const path = relative(dirname(file), target)
    const source = `import type { X } from '${path.startsWith('.') ? path : `./${path}`}'`
    expect(stepsBack({ [file]: source, [target]: '' })).not.toEqual([])
  })

  it.each([
    ['events/a.ts', 'base/b.ts'],
    ['events/a.ts', 'events/b.ts'],
    ['cli/a.ts', 'testing/b.ts'],
    ['cli/a.ts', 'index.ts'],
    ['testing/a.ts', 'base/b.ts'],
    ['generated/a.ts', 'base/document.ts'],
  ])('lets %s import %s', (file, target) => {
    const path = relative(dirname(file), target)
    const source = `import { x } from '${path.startsWith('.') ? path : `./${path}`}'`
    expect(stepsBack({ [file]: source, [target]: '' })).toEqual([])
  })

  it('finds a cycle of types', () => {
    const sources = {
      'base/a.ts': "import type { B } from './b.ts'",
      'base/b.ts': "import type { C } from './c.ts'",
      'base/c.ts': "import type { B } from './b.ts'",
    }
    expect(cycle(sources)).toEqual(['base/b.ts', 'base/c.ts', 'base/b.ts'])
  })

  it('counts lines as an editor does', () => {
    expect(tooLong({ 'base/a.ts': 'x\n'.repeat(mostLines) })).toEqual([])
    expect(tooLong({ 'base/a.ts': 'x\n'.repeat(mostLines + 1) })).toHaveLength(1)
  })

  it.each([
    'const a: any = 1',
    'const a = b as any',
    'function f(a: any[]): void {}',
    'const a = new Map<string, any>()',
    'const a = b!',
    'const a = b!.c',
    'f(a[0]!)',
    'const a = b as unknown as C',
    '// @ts-expect-error: why',
    '// biome-ignore lint: why',
  ])('finds the doubt in `%s`', (line) => {
    expect(doubtsIn({ 'base/a.ts': line })).toHaveLength(1)
  })

  it.each([
    "const a = 'any!'",
    '// any of these!',
    'const a = b !== c && !d',
    'if (!a) return /any!/.test(b)',
    'AbortSignal.any([a])',
    'const a = { any: 1 }',
  ])('finds no doubt in `%s`', (line) => {
    expect(doubtsIn({ 'base/a.ts': line })).toEqual([])
  })
})

/** Tables that are plain objects with texts as keys, and that no `Object.hasOwn` guards: they have a `constructor`. */
function unguardedTables(sources: Sources): string[] {
  const table = /^const (\w+): (?:Readonly<)?(?:Partial<)?Record<string,/gm
  return Object.entries(sources).flatMap(([file, source]) =>
    [...withoutComments(source).matchAll(table)].flatMap(([, name = '']) =>
      source.includes(`Object.hasOwn(${name},`) ? [] : `${file}: ${name}`,
    ),
  )
}

describe('tables', () => {
  it('are maps, or are guarded, where any text can be the key', () => {
    const code = Object.entries(readSources()).filter(([file]) => !/^(testing|generated)/.test(file))
    expect(unguardedTables(Object.fromEntries(code))).toEqual([])
  })

  it('are found where they are not', () => {
    const a = 'const looks: Readonly<Record<string, number>> = {}'
    const b = `${a}\nconst is = (key: string) => Object.hasOwn(looks, key)`
    expect(unguardedTables({ 'a.ts': a, 'b.ts': b })).toEqual(['a.ts: looks'])
  })
})
