import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages } from './docs/pages.ts'

const mostLines = 350

type Sources = Readonly<Record<string, string>>

const root = join(import.meta.dirname, '../src')

const readSources = (): Sources =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [file.split(sep).join('/'), readFileSync(join(root, file), 'utf8')]),
  )

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

function tooLong(sources: Sources): string[] {
  const lines = (source: string): number => source.replace(/\n$/, '').split('\n').length
  return Object.entries(sources)
    .filter(([file, source]) => !file.startsWith('generated/') && lines(source) > mostLines)
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

  it('is read completely', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(50)
  })

  it(`has no source file over ${mostLines} lines`, () => {
    expect(tooLong(sources)).toEqual([])
  })

  it('has no `any`, no silenced check, no non-null assertion and no cast through unknown', () => {
    expect(doubtsIn(sources)).toEqual([])
  })
})

describe('the reading of the house', () => {
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

/** Words in place of the product's name, words for its authors, and words that belittle a step. */
const unwanted = /\b(?:the SDK(?! of OpenTelemetry)|[Ss]imply|[Ww]e|[Oo]ur|us)\b/

/** The comments and texts of a source: what people read. */
const proseOf = (source: string): string =>
  (source.match(notCode) ?? []).filter((part) => !part.startsWith('/') || isComment(part)).join('\n')

const unwantedIn = (prose: Sources): string[] =>
  Object.entries(prose).flatMap(([file, text]) =>
    text
      .split('\n')
      .filter((line) => unwanted.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )

describe('what people read', () => {
  it('calls the product by its name, and does not name its authors: comments, errors and help', () => {
    const prose = Object.entries(readSources())
      .filter(([file]) => !file.startsWith('generated/'))
      .map(([file, source]) => [file, proseOf(source)])
    expect(unwantedIn(Object.fromEntries(prose))).toEqual([])
  })

  it('does so in the documents', () => {
    expect(unwantedIn(Object.fromEntries(pages))).toEqual([])
  })

  it.each(['// We read it', "const a = 'the SDK will use it'", '/** Simply a list */'])(
    'is found where it does not: %s',
    (source) => {
      expect(unwantedIn({ 'a.ts': proseOf(source) })).toHaveLength(1)
    },
  )
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
