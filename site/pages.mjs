// Gathers the pages of the site: those of `docs/`, and each file of the repository that they link to, since the site has no
// other place to link to.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { codePage, linksOf, withLinks } from './markdown.mjs'

/** The path of a page of the site, for a file of the repository. */
export const pagePath = (file) => {
  if (file.startsWith('docs/')) return file.slice('docs/'.length)
  // VitePress takes no page from a folder whose name begins with a dot.
  const visible = file.replace(/(?<=^|\/)\./g, '_')
  return `source/${visible.endsWith('.md') ? visible : `${visible}.md`}`
}

/**
 * Writes all pages into `folder`, which it empties first.
 * @param {string} root the folder of the repository
 * @param {string} folder where the pages go
 * @param {string[]} files the files of `docs/`, by their paths from the root
 * @throws an Error that names a link to a file that does not exist
 */
export const gatherPages = (root, folder, files) => {
  rmSync(folder, { recursive: true, force: true })
  const waiting = [...files]
  const known = new Set(waiting)
  for (const file of waiting) {
    const target = join(folder, pagePath(file))
    mkdirSync(dirname(target), { recursive: true })
    if (file.startsWith('docs/') && !file.endsWith('.md')) {
      cpSync(join(root, file), target)
      continue
    }
    const { text, links } = readPage(root, file)
    writeFileSync(target, text)
    for (const linked of links) {
      if (known.has(linked)) continue
      known.add(linked)
      waiting.push(linked)
    }
  }
}

/** A file as a page of the site, and the files that it links to. */
const readPage = (root, file) => {
  const text = readFileSync(join(root, file), 'utf8')
  if (!file.endsWith('.md')) return { text: `---\nsearch: false\n---\n\n${codePage(file, text)}`, links: [] }
  const linked = (target) => fileOf(root, posix.join(posix.dirname(file), target), file)
  const moved = withLinks(text, (target) => posix.relative(posix.dirname(pagePath(file)), pagePath(linked(target))))
  return {
    text: file.startsWith('docs/') ? moved : `---\nsearch: false\n---\n\n${moved}`,
    links: linksOf(text)
      .filter((target) => target !== '')
      .map(linked),
  }
}

const fileOf = (root, path, from) => {
  const file =
    existsSync(join(root, path)) && statSync(join(root, path)).isDirectory() ? posix.join(path, 'README.md') : path
  if (!existsSync(join(root, file))) throw new Error(`${from} links to ${path}, which does not exist.`)
  return file
}
