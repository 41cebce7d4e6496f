import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, pages as texts } from './pages.ts'

const files = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`),
)
const names = new Set(files.map((file) => basename(file)))
const source = files
  .filter((file) => file.startsWith('src/') && file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')

/** Whether a file of this path exists: from the root, from `src`, or by its name alone. */
const isFile = (path: string): boolean =>
  existsSync(join(root, path)) || existsSync(join(root, 'src', path)) || (!path.includes('/') && names.has(path))

/** Every text between backticks, outside of blocks of code. */
const codeIn = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

const architecture = texts.get('docs/architecture.md') ?? ''

describe.each(['docs/architecture.md', 'docs/states.md', 'docs/glossary.md', 'docs/wire.md'])('%s', (page) => {
  it('names files that exist', () => {
    const paths = codeIn(texts.get(page) ?? '').filter((code) => /^[\w@./-]+\.(ts|mjs)$/.test(code))
    expect(paths.filter((path) => !isFile(path))).toEqual([])
  })
})

describe('docs/architecture.md', () => {
  it('names classes that exist', () => {
    const classes = codeIn(architecture).filter((code) => /^([A-Z][a-z]+){2,}$/.test(code))
    const drawn = [...architecture.matchAll(/\b(?:Event|State|Store|Read|Live|Rest)[A-Z]\w+/g)].map(([name]) => name)
    expect(classes.length).toBeGreaterThan(5)
    const unknown = [...classes, ...drawn].filter((name) => !new RegExp(`\\b${name}\\b`).test(source))
    expect(unknown.filter((name) => name !== 'SingleFieldSubscriptionsRule')).toEqual([])
  })

  it('has the rooms in the order in which they may import', () => {
    const rules = readFileSync(join(root, '.dependency-cruiser.mjs'), 'utf8')
    const [, list = ''] = /^const rooms = \[([^\]]*)\]/m.exec(rules) ?? []
    const rooms = [...list.matchAll(/'(\w+)'/g)].map(([, room]) => room)
    expect(rooms.length).toBeGreaterThan(5)
    const table = [...architecture.matchAll(/^\| `src\/(\w+|\*\.ts)\/?` \|/gm)].map(([, name]) =>
      name === '*.ts' ? 'entries' : name,
    )
    expect(table.filter((room) => room !== 'operations' && room !== 'testing')).toEqual(rooms)
  })
})
