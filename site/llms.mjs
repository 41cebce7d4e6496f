// Writes what language models read: `llms.txt`, the list of the pages; `llms-full.txt`, all of them in one file; and each page as Markdown.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withLinks, withoutFrontMatter } from './markdown.mjs'

/** `llms.txt`: the pages by group, each with its summary. */
export const listText = (name, description, groups) => {
  const line = ({ title, path, summary }) => `- [${title}](${path})${summary && `: ${summary}`}`
  const sections = groups.map(({ title, pages }) => `## ${title}\n\n${pages.map(line).join('\n')}\n`)
  return `# ${name}\n\n> ${description}\n\n${sections.join('\n')}`
}

/**
 * @param {{ name: string, description: string, groups: object[] }} contents
 * @param {{ from: string, to: string }} folders the pages, and the site
 */
export const writeLlms = ({ name, description, groups }, { from, to }) => {
  writeFileSync(join(to, 'llms.txt'), listText(name, description, groups))
  // VitePress gives its own copies other names.
  cpSync(join(from, 'images'), join(to, 'images'), { recursive: true })
  const full = groups.flatMap(({ pages }) =>
    pages.map(({ path }) => {
      const text = withoutFrontMatter(readFileSync(join(from, path), 'utf8'))
      const target = join(to, path)
      mkdirSync(dirname(target), { recursive: true })
      // What is no page of the list is there as HTML alone.
      const listed = (link) =>
        groups.some((group) => group.pages.some((page) => page.path === join(dirname(path), link)))
      writeFileSync(
        target,
        withLinks(text, (link) => (listed(link) ? link : link.replace(/\.md$/, '.html'))),
      )
      return `<!-- ${path} -->\n\n${text.trim()}\n`
    }),
  )
  writeFileSync(join(to, 'llms-full.txt'), `# ${name}\n\n> ${description}\n\n${full.join('\n')}`)
}
