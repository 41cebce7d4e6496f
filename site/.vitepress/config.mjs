// The site of the documents. `npm run docs` builds it: `scripts/docs.mjs`.
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readContents } from '../contents.mjs'
import { readEntries } from '../entries.mjs'
import { slug } from '../markdown.mjs'
import { pagePath } from '../pages.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const { description, version } = manifest
const groups = readContents(root)

const link = (path) => `/${pagePath(posix.join('docs', path)).replace(/\.md$/, '')}`
/** An entry with namespaces has a folder. */
const apiLink = (name) => `/api/${name}${existsSync(`${root}site/pages/api/${name}/index.md`) ? '/' : ''}`

const sidebar = [
  ...groups.map(({ title, pages }) => ({
    text: title,
    collapsed: false,
    items: pages.map(({ title: text, path }) => ({ text, link: link(path) })),
  })),
  {
    text: 'API',
    collapsed: true,
    items: readEntries(manifest).map(({ name }) => ({ text: name, link: apiLink(name) })),
  },
]

// A drawing, so that browsers ask for no other icon: two waves and the value that they bring.
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#00b39f"/><g fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"><path d="M8 22a12 12 0 0 1 0-12M24 22a12 12 0 0 0 0-12"/></g><circle cx="16" cy="16" r="4" fill="#fff"/></svg>',
)}`

/** Braces in a page are text: no page has an expression of Vue. */
const showBraces = ({ renderer: { rules } }) => {
  for (const name of ['text', 'code_inline']) {
    const render = rules[name]
    rules[name] = (...given) => render(...given).replaceAll('{{', '&#123;&#123;')
  }
}

export default {
  lang: 'en',
  title: 'meshery-live',
  description,
  // Another path than that of a host of its own, such as `/meshery-live/`.
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'pages',
  outDir: '../docs/.vitepress/dist',
  head: [['link', { rel: 'icon', href: icon }]],
  markdown: { anchor: { slugify: slug }, config: showBraces },
  vite: { build: { chunkSizeWarningLimit: 4_000 }, logLevel: 'warn' },
  themeConfig: {
    siteTitle: 'meshery-live',
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'API', link: '/api/' },
      { text: version, link: link('../CHANGELOG.md') },
    ],
    sidebar,
    outline: [2, 3],
    externalLinkIcon: true,
    footer: { message: 'Apache-2.0' },
    search: {
      provider: 'local',
      options: {
        detailedView: true,
        // A page that explains comes before the reference of a name.
        miniSearch: { searchOptions: { boostDocument: (id) => (id.includes('/api/') ? 0.1 : 1) } },
      },
    },
  },
}
