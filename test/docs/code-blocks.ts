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

/**
 * The block as a module, two folders below the root, whose default export runs it. The client it makes and what it logs to
 * are handed in, in place of the ones that it imports or finds.
 */
export const moduleOf = ({ code }: CodeBlock): string => {
  const imports = code.match(/^import .*$/gm) ?? []
  const body = code.replace(/^import .*$\n/gm, '')
  return `${imports
    .join('\n')
    .replaceAll("'meshery-live'", "'../../src/index.ts'")
    .replaceAll("'meshery-live/testing'", "'../../src/testing/index.ts'")}
import type { Setting } from '../docs/run-block.ts'
export default async ({ createMeshery, console }: Setting): Promise<void> => {
${body}}
`
}
