import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sampleEvents } from '../../src/cli/sample-events.ts'
import { pages, root } from './pages.ts'

/** What `scripts/docs.mjs` builds the site with. */
interface SiteModules {
  readContents(root: string): { title: string; pages: { title: string; path: string; summary: string }[] }[]
  findBrokenLinks(folder: string): string[]
  gatherPages(root: string, folder: string, files: string[]): void
  withLinks(text: string, rename: (target: string) => string): string
  codePage(path: string, text: string): string
  readEntries(manifest: object): { name: string; source: string }[]
}

let site: SiteModules
beforeAll(async () => {
  const load = (name: string): Promise<object> => import(new URL(`../../site/${name}.mjs`, import.meta.url).href)
  site = Object.assign(
    {},
    ...(await Promise.all(['contents', 'built-links', 'pages', 'markdown', 'entries'].map(load))),
  )
})

/** A folder with these files, until the test ends. */
const folderOf = (files: Readonly<Record<string, string>>): Disposable & { readonly path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'meshery-live-site-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

describe('docs/index.md', () => {
  it('lists every page of docs/ once', () => {
    const listed = site.readContents(root).flatMap((group) => group.pages.map(({ path }) => path))
    const here = [...pages.keys()].filter((page) => page.startsWith('docs/')).map((page) => page.slice('docs/'.length))
    expect(listed.filter((path) => !path.startsWith('../')).sort()).toEqual(
      here.filter((page) => page !== 'index.md').sort(),
    )
  })

  it('has the four kinds of documents, each with pages and what they are about', () => {
    const groups = site.readContents(root)
    expect(groups.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['Tutorial', 'How-to guides', 'Reference', 'Explanation']),
    )
    for (const { pages: listed } of groups) {
      expect(listed.length).toBeGreaterThan(0)
      for (const { summary } of listed) expect(summary).not.toBe('')
    }
  })
})

describe('the links of the built site', () => {
  it('lead to files and anchors, and load nothing from other hosts', () => {
    using folder = folderOf({
      'index.html':
        '<h2 id="here"></h2><a href="#here"></a><a href="/a/b.html#there"></a><a href="https://meshery.io"></a>',
      'a/b.html': '<p id="there"></p><a href="../index.html"></a><a href="/a/"></a><img src="/c.svg">',
      'a/index.html': '<a href="./b"></a>',
      'c.svg': '<svg></svg>',
    })
    expect(site.findBrokenLinks(folder.path)).toEqual([])
  })

  it.each([
    ['a page that is missing', '<a href="/missing.html"></a>', 'index.html: /missing.html leads to no file'],
    ['an anchor that is missing', '<a href="#gone"></a>', 'index.html: #gone has no such anchor in index.html'],
    ['a picture that is missing', '<img alt="" src="gone.png">', 'index.html: gone.png leads to no file'],
    [
      'a script of another host',
      '<script src="https://cdn.example.com/a.js"></script>',
      'index.html: https://cdn.example.com/a.js is of another host',
    ],
    [
      'a font of another host',
      '<link href="//fonts.example.com/a">',
      'index.html: //fonts.example.com/a is of another host',
    ],
  ])('are refused for %s', (_, text, fault) => {
    using folder = folderOf({ 'index.html': text })
    expect(site.findBrokenLinks(folder.path)).toEqual([fault])
  })

  it('are refused once for what is on every page', () => {
    using folder = folderOf({
      'a.html': '<a href="/x"></a>',
      'b.html': '<a href="/x"></a>',
      'c.html': '<a href="/x"></a>',
    })
    expect(site.findBrokenLinks(folder.path)).toEqual(['a.html and 2 others: /x leads to no file'])
  })
})

describe('the pages of the site', () => {
  it('are those of docs/, and the files of the repository that they link to', () => {
    using folder = folderOf({
      'docs/a.md': '[b](deep/b.md#x) [c](../src/c.ts) [d](../src/)\n\n```\n[not a link](../gone.md)\n```\n',
      'docs/deep/b.md': '[a](../a.md) [README](../../README.md)',
      'README.md': '[a](docs/a.md) [workflow](.github/ci.yml)',
      '.github/ci.yml': 'on: push',
      'src/c.ts': 'const text = `a ```ts block`',
      'src/README.md': '[c](c.ts)',
      'src/other.ts': '',
    })
    const out = join(folder.path, 'out')
    site.gatherPages(folder.path, out, ['docs/a.md', 'docs/deep/b.md'])
    const read = (name: string): string => readFileSync(join(out, name), 'utf8')
    const written = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
    expect(written.sort()).toEqual([
      'a.md',
      'deep/b.md',
      'source/README.md',
      'source/_github/ci.yml.md',
      'source/src/README.md',
      'source/src/c.ts.md',
    ])
    expect(read('a.md')).toContain('[b](deep/b.md#x) [c](source/src/c.ts.md) [d](source/src/README.md)')
    expect(read('a.md')).toContain('[not a link](../gone.md)')
    expect(read('deep/b.md')).toBe('[a](../a.md) [README](../source/README.md)')
    expect(read('source/README.md')).toContain('[a](../a.md) [workflow](_github/ci.yml.md)')
    expect(read('source/src/c.ts.md')).toContain('````txt\nconst text')
  })

  it('are refused with a link to a file that does not exist', () => {
    using folder = folderOf({ 'docs/a.md': '[b](b.md)' })
    expect(() => site.gatherPages(folder.path, join(folder.path, 'out'), ['docs/a.md'])).toThrow(
      'docs/a.md links to docs/b.md, which does not exist',
    )
  })

  it('have the reference of every entry that package.json exports', () => {
    const manifest: { exports: object } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const names = site.readEntries(manifest).map(({ name }) => name)
    const exported = Object.keys(manifest.exports).filter((path) => !/\*|package\.json/.test(path))
    expect(names).toEqual(exported.map((path) => `meshery-live${path.slice(1)}`))
    for (const { source } of site.readEntries(manifest)) expect(readFileSync(join(root, source), 'utf8')).not.toBe('')
  })
})

describe('docs/images/demo.svg', () => {
  const recording = readFileSync(join(root, 'docs/images/demo.svg'), 'utf8')
  const printed = [...recording.matchAll(/<text[^>]*>(.*)<\/text>/g)].map(([, line = '']) =>
    line.replace(/<[^>]*>/g, ''),
  )

  it('shows the scenes of the demo as it is (`npm run docs:recording` makes it anew)', () => {
    const source = readFileSync(join(root, 'src/cli/demo.ts'), 'utf8')
    const scenes = [...source.matchAll(/#writeStep\(\s*'([^']*)'/g)].map(([, scene]) => scene)
    expect(scenes.length).toBeGreaterThan(2)
    expect(printed).toEqual(expect.arrayContaining(scenes))
  })

  it('shows events as the demo makes them, and its good end', () => {
    const samples = sampleEvents()
    for (let at = 0; at < 6; at += 1) {
      const { description = '' } = samples.next().value
      expect(printed.some((line) => line.endsWith(`  ${description}`))).toBe(true)
    }
    expect(printed.slice(-2)).toEqual([
      expect.stringMatching(/^(\d+) events were stored and \1 delivered: each once and in order\.$/),
      'Contexts and controllers ended as they are on the server.',
    ])
  })

  it('does not move for readers who prefer that', () => {
    expect(recording).toContain('@media (prefers-reduced-motion:reduce){.scroll,.cover{animation:none}}')
  })
})

describe.each(['event', 'state'])('docs/images/%s.svg', (name) => {
  const drawing = readFileSync(join(root, `docs/images/${name}.svg`), 'utf8')

  it('has its own colours on light and on dark, and a description', () => {
    const [light = '', dark = ''] = drawing.split('@media (prefers-color-scheme: dark)')
    const coloured = (text: string): string[] =>
      [...text.matchAll(/\.([a-z-]+) \{[^}]*(?:fill|stroke): #/g)].map(([, rule = '']) => rule).sort()
    expect(coloured(dark)).toEqual(coloured(light))
    expect(drawing).toMatch(/<desc id="desc">[^<]{40,}/)
  })
})
