import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'
import { type DocumentNode, parse, print, stripIgnoredCharacters } from 'graphql'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { textOf } from '../../src/base/document.ts'
import * as texts from '../../src/document-texts.ts'
import * as parsed from '../../src/documents.ts'

const root = join(import.meta.dirname, '../..')
const lines = [
  ['v0.6', texts.v0_6, parsed.v0_6],
  ['v0.7', texts.v0_7, parsed.v0_7],
  ['v0.8', texts.v0_8, parsed.v0_8],
  ['v1.0', texts.v1_0, parsed.v1_0],
] as const

/** The name under which a file's document is exported: `perf-profiles-now.graphql` is `PerfProfilesNowDocument`. */
const nameFrom = (file: string): string =>
  `${file.replace('.graphql', '').replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}Document`

const shippedOf = (line: string): Record<string, string> => {
  const folder = join(root, 'src/operations', line)
  return Object.fromEntries(
    readdirSync(folder).map((file) => [nameFrom(file), print(parse(readFileSync(join(folder, file), 'utf8')))]),
  )
}

const mapValues = <T, U>(values: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value)]))

describe.each(lines)('%s', (line, asText, asNodes) => {
  it('exports each shipped document as text, under the name of its file', () => {
    expect(mapValues<string, string>(asText, (text) => print(parse(text)))).toEqual(shippedOf(line))
  })

  it('exports each shipped document parsed, under the name of its file', () => {
    expect(mapValues<DocumentNode, string>(asNodes, print)).toEqual(shippedOf(line))
  })

  it('exports parsed documents that contain their text', () => {
    expect(mapValues<DocumentNode, unknown>(asNodes, textOf)).toEqual({ ...asText })
  })
})

describe('the entries', () => {
  it('have one namespace a line and nothing else', () => {
    const names = lines.map(([line]) => line.replace('.', '_'))
    expect(Object.keys(parsed)).toEqual(names)
    expect(Object.keys(texts)).toEqual(names)
  })

  it('type a document by its data and its variables', () => {
    type Typed = DocumentNode & {
      readonly __apiType?: (variables: texts.v0_8.PatternsNowQueryVariables) => texts.v0_8.PatternsNowQuery
    }
    expectTypeOf(parsed.v0_8.PatternsNowDocument).toEqualTypeOf<Typed>()
    expectTypeOf(parsed.v0_8.PatternsNowDocument).toEqualTypeOf<
      parsed.TypedDocumentNode<texts.v0_8.PatternsNowQuery, texts.v0_8.PatternsNowQueryVariables>
    >()
    expectTypeOf(texts.v0_8.PatternsNowDocument).toEqualTypeOf<
      texts.Document<texts.v0_8.PatternsNowQuery, texts.v0_8.PatternsNowQueryVariables>
    >()
  })
})

interface Bundle {
  readonly code: string
  /** The files that are the sources of the code. */
  readonly files: readonly string[]
  /** Those among them that are reached without a dynamic import. */
  readonly atStart: readonly string[]
}

/** The bundle of an application for browsers with these imports. */
async function bundle(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: join(root, 'src'), loader: 'ts' },
    bundle: true,
    minify: true,
    platform: 'browser',
    conditions: ['browser'],
    format: 'iife',
    globalName: 'bundled',
    write: false,
    metafile: true,
  })
  const outputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const files = outputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file)
  const reached = new Set<string>()
  const visit = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const { path, kind } of metafile.inputs[file]?.imports ?? []) if (kind === 'import-statement') visit(path)
  }
  visit('<stdin>')
  return { code: outputFiles[0]?.text ?? '', files, atStart: files.filter((file) => reached.has(file)) }
}
const ofGraphql = (file: string): boolean => /node_modules\/graphql\//.test(file)

describe('in an application for browsers', () => {
  it('a parsed document works without Node code, and adds no other line', async () => {
    const { code, files } = await bundle(
      "import { v0_8 } from './documents.ts'\nexport const d = v0_8.PerfProfilesDocument",
    )
    const [definition] = runInNewContext(`${code};bundled.d.definitions`)
    expect(definition.name.value).toBe('PerfProfiles')
    const own = files.filter((file) => !ofGraphql(file)).sort()
    expect(own).toEqual(['<stdin>', 'src/generated/v0.8-parsed.ts', 'src/generated/v0.8.ts'])
  })

  it('a text is a string, and adds nothing of `graphql`', async () => {
    const { code, files } = await bundle(
      "import { v0_8 } from './document-texts.ts'\nexport const d = v0_8.PerfProfilesDocument",
    )
    expect(stripIgnoredCharacters(runInNewContext(`${code};bundled.d`))).toContain('subscribePerfProfiles')
    expect(files.filter(ofGraphql)).toEqual([])
  })

  it('the client loads nothing of `graphql` at its start', async () => {
    const { atStart } = await bundle("export { createMeshery } from './browser.ts'")
    expect(atStart.length).toBeGreaterThan(10)
    expect(atStart.filter(ofGraphql)).toEqual([])
  })
})
