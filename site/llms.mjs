// Writes what language models read: `llms.txt`, the list of the pages; `llms-full.txt`, those of `docs/` in one file; and each page as
// Markdown beside its HTML.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { withLinks, withoutFrontMatter } from './markdown.mjs'

/** `llms.txt`: the pages by group, each with its summary. */
const listText = (groups) => {
  const line = ({ title, path, summary }) => `- [${title}](${path})${summary && `: ${summary}`}`
  return groups.map(({ title, pages }) => `## ${title}\n\n${pages.map(line).join('\n')}\n`).join('\n')
}

/**
 * @param {{ name: string, description: string, groups: object[], api: object }} contents the groups of `docs/index.md`, and a group
 *   with the pages of the API
 * @param {{ from: string, to: string }} folders the pages, and the site
 */
export const writeLlms = ({ name, description, groups, api }, { from, to }) => {
  const listed = new Set([...groups, api].flatMap(({ pages }) => pages.map(({ path }) => path)))
  for (const path of listed) {
    // What is no page of the list is there as HTML alone.
    const rename = (link) => (listed.has(posix.join(posix.dirname(path), link)) ? link : link.replace(/\.md$/, '.html'))
    const target = join(to, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, withLinks(withoutFrontMatter(readFileSync(join(from, path), 'utf8')), rename))
  }
  // VitePress gives its own copies of pictures other names.
  cpSync(join(from, 'images'), join(to, 'images'), { recursive: true })
  const heading = `# ${name}\n\n> ${description}\n`
  writeFileSync(join(to, 'llms.txt'), `${heading}\n${listText([...groups, api])}`)
  const full = groups.flatMap(({ pages }) =>
    pages.map(({ path }) => `<!-- ${path} -->\n\n${readFileSync(join(to, path), 'utf8').trim()}\n`),
  )
  writeFileSync(join(to, 'llms-full.txt'), `${heading}\n${full.join('\n')}`)
}
