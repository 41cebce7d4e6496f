import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './pages.ts'

const folder = join(root, 'docs')
const laws = readFileSync(join(folder, 'SPEC.md'), 'utf8')
  .split(/^(?=## )/m)
  .slice(1)
  .map((text) => ({ name: text.slice(3, text.indexOf('\n')), text }))

/** The line of a law that begins like this. */
const lineOf = (text: string, begin: string): string =>
  text.split('\n').find((line) => line.startsWith(`- ${begin}:`)) ?? ''

const linksIn = (text: string): string[] => [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path)

/** Each test that a law names, with the file that has it. A part of the line is `"title" and "title" in [file](path)`. */
const testsOf = (text: string): { readonly title: string; readonly path: string }[] =>
  lineOf(text, 'Tested by')
    .split('; ')
    .flatMap((part) =>
      linksIn(part).flatMap((path) => [...part.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ title, path }))),
    )

describe('docs/SPEC.md', () => {
  it('has the twelve laws in their order', () => {
    const numbers = laws.map(({ name }) => /^Law (\d+): \S/.exec(name)?.[1])
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => String(index + 1)))
  })

  it.each(laws)('names files that keep it: $name', ({ text }) => {
    const files = linksIn(lineOf(text, 'Kept by'))
    expect(files).not.toEqual([])
    expect(files.filter((path) => !path.startsWith('../src/') || !existsSync(join(folder, path)))).toEqual([])
  })

  it.each(laws)('names tests that exist, one of them named after it: $name', ({ name, text }) => {
    const tests = testsOf(text)
    const missing = tests.filter(({ title, path }) => !readFileSync(join(folder, path), 'utf8').includes(`'${title}`))
    expect(missing).toEqual([])
    const [law = ''] = name.split(':')
    expect(tests.map(({ title }) => title).filter((title) => title.startsWith(`${law}: `))).not.toEqual([])
  })
})
