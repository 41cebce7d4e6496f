// What the site changes in Markdown, and what it reads from it. Pure functions.

const fence = /^(`{3,}).*\n[\s\S]*?^\1$/gm
const link = /(\]\()(?![a-z]+:)([^)#\s]*)(#[^)\s]*)?\)/g

/** The anchor of a heading, as GitHub makes it, so that one link works in both places. */
export const slug = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/** Applies `change` to what is between the blocks of code. */
const outsideCode = (text, change) => {
  let from = 0
  let changed = ''
  for (const { index, 0: block } of text.matchAll(fence)) {
    changed += change(text.slice(from, index)) + block
    from = index + block.length
  }
  return changed + change(text.slice(from))
}

/** The relative links of a page, without their anchors. A link within the page is the empty text. */
export const linksOf = (text) => {
  const found = []
  outsideCode(text, (part) => {
    for (const [, , target] of part.matchAll(link)) found.push(target)
    return part
  })
  return found
}

/** The page with other targets: `rename` gets the target of each relative link without its anchor, and gives the new one. */
export const withLinks = (text, rename) =>
  outsideCode(text, (part) =>
    part.replaceAll(link, (_, begin, target, anchor = '') => `${begin}${target && rename(target)}${anchor})`),
  )

/** A file as a page: its text in a block of code that nothing in it can end. */
export const codePage = (path, text) => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const ticks = '`'.repeat(longest + 1)
  // Plain: colours would double the time of the build and the size of the site.
  return `# ${path}\n\n${ticks}txt\n${text.trimEnd()}\n${ticks}\n`
}

/** The page without its front matter. */
export const withoutFrontMatter = (text) => text.replace(/^---\n[\s\S]*?\n---\n+/, '')
