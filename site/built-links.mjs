// Checks the built site: each link, image, script and style leads to a file of the site, each anchor to an element of its page, and
// nothing is loaded from another host.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

const attribute = /<(\w+)\b[^>]*?\s(?:href|src)="([^"]*)"/g

/** What is wrong with the links of the site in this folder, a line each. */
export const findBrokenLinks = (folder, base = '/') => {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
  const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]))
  const ids = new Map(
    [...texts].map(([page, text]) => [page, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id))]),
  )
  /** What is wrong, with the pages in which it is: the sidebar is in each of them. */
  const faults = new Map()
  for (const [page, text] of texts) {
    for (const [, element, link] of text.matchAll(attribute)) {
      const fault = faultOf({ folder, base, ids }, page, element, link.replaceAll('&amp;', '&'))
      if (fault !== undefined) faults.set(`${link} ${fault}`, [...(faults.get(`${link} ${fault}`) ?? []), page])
    }
  }
  return [...faults].map(
    ([fault, [first, ...others]]) => `${first}${others.length > 0 ? ` and ${others.length} others` : ''}: ${fault}`,
  )
}

const faultOf = ({ folder, base, ids }, page, element, link) => {
  if (/^(data|mailto):/.test(link)) return undefined
  // A reader may follow a link to another site; the page itself loads nothing from there.
  if (/^([a-z]+:)?\/\//.test(link)) return element === 'a' ? undefined : 'is of another host'
  const [path, anchor] = link.split('#')
  const target = fileOf(folder, pathOf(path, page, base))
  if (target === undefined) return 'leads to no file'
  const isAnchor = Boolean(anchor) && ids.has(target)
  return isAnchor && !ids.get(target).has(decodeURIComponent(anchor)) ? `has no such anchor in ${target}` : undefined
}

/** The path of what a link of a page leads to, from the folder of the site. */
const pathOf = (path, page, base) => {
  if (path === '') return page
  return path.startsWith(base) ? path.slice(base.length) : posix.join(posix.dirname(page), path)
}

const fileOf = (folder, path) => {
  const decoded = decodeURIComponent(path.split('?')[0])
  return [decoded, posix.join(decoded, 'index.html'), `${decoded}.html`]
    .map((file) => posix.normalize(file))
    .find((file) => existsSync(join(folder, file)) && statSync(join(folder, file)).isFile())
}
