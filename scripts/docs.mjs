// Builds the site of the documents into `docs/.vitepress/dist`: the pages of `docs/`, and the API by TypeDoc. It fails on a link that
// leads nowhere. `--preview` serves it afterwards.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { installTools, root, run } from './tools.mjs'

installTools('site')
const [{ writeApi }, { findBrokenLinks }, { readContents }, { readEntries }, { writeLlms }, { gatherPages }] =
  await Promise.all(
    ['api', 'built-links', 'contents', 'entries', 'llms', 'pages'].map((name) => import(`../site/${name}.mjs`)),
  )

const pages = join(root, 'site/pages')
const dist = join(root, 'docs/.vitepress/dist')
const files = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length).split(sep).join('/'))
  .filter((file) => !file.startsWith('docs/.vitepress/'))

gatherPages(root, pages, files.sort())
await writeApi(root, join(pages, 'api'))
execFileSync('npx', ['--no-install', 'vitepress', 'build'], { cwd: join(root, 'site'), stdio: 'inherit' })

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const groups = readContents(root).map((group) => ({
  ...group,
  pages: group.pages.filter(({ path }) => !path.startsWith('..')),
}))
const apiPages = readEntries(manifest).map(({ name: title }) => {
  const path = [`api/${title}.md`, `api/${title}/index.md`].find((one) => existsSync(join(pages, one)))
  if (path === undefined) throw new Error(`TypeDoc has made no page for ${title}.`)
  return { title, path, summary: 'all its declarations' }
})
const { name, description } = manifest
const api = { title: 'API', pages: apiPages }
writeLlms(
  { name, description, groups: groups.filter((group) => group.pages.length > 0), api },
  { from: pages, to: dist },
)

const broken = findBrokenLinks(dist, process.env.DOCS_BASE)
for (const line of broken) console.error(line)
if (broken.length > 0) process.exit(1)
console.log(`The site is in docs/.vitepress/dist: ${files.length} files of docs/, and the API.`)
if (process.argv.includes('--preview'))
  process.exitCode = run('npx', ['--no-install', 'vitepress', 'preview'], { cwd: join(root, 'site') })
