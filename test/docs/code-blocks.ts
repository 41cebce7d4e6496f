import { type Release, releases } from '../../src/testing/index.ts'

/** A block of code in a document that the tests run. */
export interface CodeBlock {
  /** Such as `README.md:12`. */
  readonly where: string
  readonly code: string
  /** The release of the fake Meshery that it runs against. */
  readonly release: Release
  /** The names that a block that is not a whole program uses. */
  readonly given: readonly string[]
  /** Whether it ends by itself. */
  readonly ends: boolean
}

/** A block between fences. */
export interface Fenced {
  /** Such as `README.md:12`. */
  readonly where: string
  /** The words after the fence, such as `ts` and `run`. */
  readonly marks: readonly string[]
  readonly code: string
}

/** Every block between fences of a document. */
export const fencedBlocks = (page: string, text: string): Fenced[] =>
  [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: marks = '', 2: code = '' }) => ({
    where: `${page}:${text.slice(0, index).split('\n').length}`,
    marks: marks.split(' ').filter((mark) => mark !== ''),
    code,
  }))

const isRelease = (name: string): name is Release => releases.some((release) => release === name)

/** The value of a mark such as `run=v0.8`. */
const saidBy = (marks: readonly string[], name: string): string | undefined =>
  marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1)

/** The name under which the reader saves a block, by its mark `file=<name>`. A test of its page runs it. */
export const fileOf = ({ marks }: Fenced): string | undefined => saidBy(marks, 'file')

/** The blocks of a document marked `ts run`, or `ts run=<release>`, perhaps with `given=<name>,...`. */
export const blocksToRun = (page: string, text: string): CodeBlock[] =>
  fencedBlocks(page, text)
    .filter(({ marks: [language, mark = ''] }) => language === 'ts' && /^run(=|$)/.test(mark))
    .map(({ where, marks, code }) => {
      const release = saidBy(marks, 'run') ?? 'current'
      if (!isRelease(release)) throw new Error(`${where}: there is no release ${release}`)
      const ends = /await using|\.close\(\)|\.dispose\(\)/.test(code) && !code.includes('SIGTERM')
      return { where, code, release, given: saidBy(marks, 'given')?.split(',') ?? [], ends }
    })

const entries: Readonly<Record<string, string>> = {
  'meshery-live': 'index',
  'meshery-live/core': 'core/index',
  'meshery-live/actions': 'actions/index',
  'meshery-live/cursor': 'cursor/index',
  'meshery-live/react': 'react/index',
  'meshery-live/testing': 'testing/index',
  'meshery-live/doctor': 'doctor/index',
  'meshery-live/nats': 'nats/index',
  'meshery-live/relay': 'relay/index',
  'meshery-live/documents': 'documents',
  'meshery-live/documents/text': 'document-texts',
}

/** The imports of a block as they are two folders below the root, and the rest of it. */
export const partsOf = (code: string): { readonly imports: string; readonly body: string } => ({
  imports: (code.match(/^import .*$/gm) ?? [])
    .map((line) =>
      line.replace(/'(meshery-live[^']*)'/, (_, entry: string) => `'../../src/${entries[entry] ?? entry}.ts'`),
    )
    .join('\n'),
  body: code.replace(/^import .*$\n/gm, ''),
})

/**
 * The block as a module, two folders below the root, whose default export runs it. The client it makes, what it logs to,
 * the process and the reader's server (`http://localhost:9081` or `https://meshery.example.com`) are passed in, in place
 * of those that it imports or finds. A client of parts (`meshery-live/core`) is the block's own: the block closes it.
 */
export const moduleOf = ({ code, given }: Pick<CodeBlock, 'code' | 'given'>): string => {
  const { imports, body } = partsOf(code)
  const placed = body
    .replace(/'http:\/\/localhost:9081([^']*)'/g, "(address + '$1')")
    .replace(/'ws:\/\/localhost:9081([^']*)'/g, "(address.replace('http', 'ws') + '$1')")
    .replaceAll("'https://meshery.example.com'", 'address')
  const made = /\bcreateMeshery\b.*'\.\.\/\.\.\/src\/index\.ts'/.test(imports) ? ['createMeshery'] : []
  return `${imports}
import type { Setting } from '../docs/run-block.ts'
export default async ({ ${['console', 'process', 'address', ...made, ...given].join(', ')} }: Setting): Promise<void> => {
${placed}}
`
}
