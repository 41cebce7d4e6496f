import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A script for a page, and what it was made of. */
export interface PageScript {
  readonly text: string
  /** The files of the bundle, and what it imports from outside of it. */
  readonly inputs: readonly string[]
}

/** Bundles a script of this folder as an application would. `alias`: folders of packages that replace others. */
export const bundlePage = async (file: string, alias: Readonly<Record<string, string>> = {}): Promise<PageScript> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    alias,
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
    metafile: true,
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path))
  return { text: outputFiles[0]?.text ?? '', inputs: [...Object.keys(metafile.inputs), ...imports] }
}
