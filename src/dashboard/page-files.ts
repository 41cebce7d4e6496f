import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** A file of the page. */
export interface PageFile {
  readonly contentType: string
  readonly content: Buffer
}

/** The files of the page by the paths of their addresses, such as `/assets/page.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
])

const readPageFile = (path: string): PageFile => ({
  contentType: contentTypes.get(extname(path)) ?? 'application/octet-stream',
  content: readFileSync(path),
})

/**
 * Reads the page: `index.html`, and the files in `assets`. What is requested later is looked up among them, so no path of a request
 * ever reaches the disk.
 * @throws Error when there is no `index.html`.
 */
export function readPage(folder: string): PageFiles {
  const index = readPageFile(join(folder, 'index.html'))
  const files = new Map([
    ['/', index],
    ['/index.html', index],
  ])
  const assets = join(folder, 'assets')
  for (const name of assetNames(assets))
    files.set(`/assets/${encodeURIComponent(name)}`, readPageFile(join(assets, name)))
  return files
}

/** A page without assets has no such folder. */
function assetNames(assets: string): readonly string[] {
  if (!statSync(assets, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(assets, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
}
