import { type Release, releases } from '../../src/testing/index.ts'

/** A block of code in a document that is to be run. */
export interface CodeBlock {
  /** Such as `README.md:12`. */
  readonly where: string
  readonly code: string
  /** The release of the fake Meshery that it runs against. */
  readonly release: Release
}

const isRelease = (name: string): name is Release => releases.some((release) => release === name)

/** The blocks marked `ts run`, or `ts run=<release>`, of a document. */
export const blocksToRun = (page: string, text: string): CodeBlock[] =>
  [...text.matchAll(/^```ts run(?:=(\S+))?\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: release = 'current', 2: code = '' }) => {
      const where = `${page}:${text.slice(0, index).split('\n').length}`
      if (!isRelease(release)) throw new Error(`${where}: there is no release ${release}`)
      return { where, code, release }
    },
  )

const entries: Readonly<Record<string, string>> = {
  'meshery-live': 'index',
  'meshery-live/testing': 'testing/index',
  'meshery-live/documents': 'documents',
  'meshery-live/documents/text': 'document-texts',
}

/**
 * The block as a module, two folders below the root, whose default export runs it. The client it makes, what it logs to
 * and the reader's server, `http://localhost:9081`, are handed in, in place of those that it imports or finds.
 */
export const moduleOf = ({ code }: CodeBlock): string => {
  const imports = code.match(/^import .*$/gm) ?? []
  const body = code.replace(/^import .*$\n/gm, '')
  const named = imports.map((line) =>
    line.replace(/'(meshery-live[^']*)'/, (_, entry: string) => `'../../src/${entries[entry] ?? entry}.ts'`),
  )
  const placed = body
    .replace(/'http:\/\/localhost:9081([^']*)'/g, "(address + '$1')")
    .replace(/'ws:\/\/localhost:9081([^']*)'/g, "(address.replace('http', 'ws') + '$1')")
  return `${named.join('\n')}
import type { Setting } from '../docs/run-block.ts'
export default async ({ createMeshery, console, address }: Setting): Promise<void> => {
${placed}}
`
}
