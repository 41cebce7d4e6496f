import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diagnosisStepNames } from '../../src/doctor/diagnosis.ts'
import { root } from './pages.ts'

const page = readFileSync(join(root, 'docs/doctor.md'), 'utf8')

const goldenFiles = ['doctor', 'network'].flatMap((folder) =>
  readdirSync(join(root, 'test', folder, 'golden')).map((name) => `../test/${folder}/golden/${name}`),
)

describe('docs/doctor.md', () => {
  it('shows the output of a golden file', () => {
    const [, name = '', shown = ''] = /<!-- golden: (\S+) -->\s+```\n([\s\S]*?)```/.exec(page) ?? []
    const [folder = '', file = ''] = name.split('/')
    expect(shown).toBe(readFileSync(join(root, 'test', folder, 'golden', `${file}.txt`), 'utf8'))
  })

  it('describes every step, in their order', () => {
    const described = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect(described).toEqual([...diagnosisStepNames])
  })

  it('names every golden file, each in one row', () => {
    const named = [...page.matchAll(/\]\((\.\.\/test\/\w+\/golden\/[^)]+)\)/g)].map(([, path]) => path)
    expect(named.toSorted()).toEqual(goldenFiles.toSorted())
    const [, count] = /what you see in (\d+) situations/.exec(readFileSync(join(root, 'docs/recipes.md'), 'utf8')) ?? []
    expect(Number(count)).toBe(goldenFiles.length)
  })
})
