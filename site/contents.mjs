// Reads the table of contents, `docs/index.md`. It alone gives the order of the pages: in the sidebar, in the menu and in `llms.txt`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The groups of the table of contents in their order: each `##` heading, and the list items below it.
 * @returns {{ title: string, pages: { title: string, path: string, summary: string }[] }[]} `path` is relative to `docs/`
 */
export const readContents = (root) =>
  readFileSync(join(root, 'docs/index.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((group) => ({
      title: group.slice(0, group.indexOf('\n')).trim(),
      pages: [...group.matchAll(/^- \[(.+?)\]\((.+?)\)(?:: (.*))?$/gm)].map(([, title, path, summary = '']) => ({
        title,
        path,
        summary,
      })),
    }))
