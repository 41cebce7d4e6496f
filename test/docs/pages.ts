import { readdir, readFile } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

const names = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...(await readdir(`${root}docs`, { recursive: true }))
    // The built site has a copy of each page.
    .filter((one) => one.endsWith('.md') && !one.startsWith('.vitepress'))
    .map((one) => `docs/${one.split(sep).join('/')}`),
]

/** Every page for readers, by its path from the root. */
export const pages: ReadonlyMap<string, string> = new Map(
  await Promise.all(names.map(async (name) => [name, await readFile(root + name, 'utf8')] as const)),
)
