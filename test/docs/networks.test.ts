import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './pages.ts'

const folder = join(root, 'docs')

/** The rows of the tables whose last column is the test. */
const rows = readFileSync(join(folder, 'networks.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| situation |'))
  .map((line) => {
    const [situation = '', result = '', proof = ''] = line.slice(2, -2).split(' | ')
    return { situation, result, proof }
  })

const pathsIn = (proof: string): string[] => [...proof.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path)
const titlesIn = (proof: string): string[] => [...proof.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)

/** Whether the source has this text as a string. */
const hasText = (source: string, text: string): boolean =>
  ["'", '"', '`'].some((quote) => source.includes(quote + text + quote))

describe('docs/networks.md', () => {
  it('has a row for each of at least 40 situations', () => {
    expect(new Set(rows.map(({ situation }) => situation)).size).toBe(rows.length)
    expect(rows.length).toBeGreaterThanOrEqual(40)
    expect(rows.filter(({ situation, result }) => situation === '' || result === '')).toEqual([])
  })

  it.each(rows)('names the test that proves it: $situation', ({ proof }) => {
    const paths = pathsIn(proof)
    expect(paths).toHaveLength(1)
    expect(paths.filter((path) => !path.endsWith('.test.ts') || !existsSync(join(folder, path)))).toEqual([])
    const source = paths.map((path) => readFileSync(join(folder, path), 'utf8')).join()
    const titles = titlesIn(proof)
    expect(titles).not.toEqual([])
    expect(titles.filter((title) => !hasText(source, title))).toEqual([])
  })
})
