import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = join(import.meta.dirname, '../src')

/** Folders of what is generated, or of documents: they have no README. */
const withoutReadme = ['generated', 'operations']

const rooms = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !withoutReadme.includes(entry.name))
  .map(({ name }) => name)

/** The sources of a room, by their paths from it. */
const filesOf = (room: string): string[] =>
  readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts'))

const named = /`([\w./-]+\.ts)`/g
const namesIn = (text: string): string[] => [...text.matchAll(named)].map(([, name = '']) => name)

/** The files that the first column of a table names. */
const namesInTable = (readme: string): string[] =>
  readme
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => namesIn(line.split(' | ')[0] ?? ''))

interface Difference {
  /** Files without a row. */
  readonly unnamed: readonly string[]
  /** Rows without a file. */
  readonly absent: readonly string[]
  readonly twice: readonly string[]
}

function differenceOf(readme: string, files: readonly string[]): Difference {
  const names = namesInTable(readme)
  return {
    unnamed: files.filter((file) => !names.includes(file)),
    absent: names.filter((name) => !files.includes(name)),
    twice: names.filter((name, index) => names.indexOf(name) !== index),
  }
}

const nothing: Difference = { unnamed: [], absent: [], twice: [] }

describe.each(rooms)('the README of src/%s', (room) => {
  const readme = existsSync(join(source, room, 'README.md'))
    ? readFileSync(join(source, room, 'README.md'), 'utf8')
    : ''

  it('has a table with each file of the room, and with no other', () => {
    expect(differenceOf(readme, filesOf(room))).toEqual(nothing)
  })

  it('names no file that does not exist', () => {
    const all = rooms.flatMap((other) => filesOf(other).map((file) => `${other}/${file}`))
    const isFile = (name: string): boolean =>
      all.some((file) => file.endsWith(`/${name}`)) || existsSync(join(source, '..', name))
    expect(namesIn(readme).filter((name) => !isFile(name) && !all.includes(name))).toEqual([])
  })
})

it('a README is compared in both directions', () => {
  const readme =
    '| file | what it does |\n| --- | --- |\n| `a.ts`, `gone.ts` | reads |\n| `a.ts` | writes, unlike `b.ts` |'
  expect(differenceOf(readme, ['a.ts', 'b.ts'])).toEqual({ unnamed: ['b.ts'], absent: ['gone.ts'], twice: ['a.ts'] })
})
