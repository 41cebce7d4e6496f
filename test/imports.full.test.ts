import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { cruise, type IConfiguration } from 'dependency-cruiser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Imports that break one rule or more. A cycle is reported once. */
const refused: readonly (readonly [file: string, target: string, ...rules: string[]])[] = [
  ['base/a.ts', 'events/b.ts', 'base-imports-no-later-room'],
  ['base/x.ts', 'base/y.ts', 'no-cycle'],
  ['client/a.ts', 'index.ts', 'client-imports-no-later-room'],
  ['client/c.ts', 'testing/b.ts', 'only-the-command-line-imports-testing'],
  ['events/a.ts', 'client/b.ts', 'events-imports-no-later-room'],
  ['helpers/a.ts', 'base/b.ts', 'every-file-is-in-a-known-room'],
  ['states/a.ts', 'node:events', 'only-the-platform-imports-node'],
  ['streams/a.ts', 'streams/missing.ts', 'no-unresolved-import'],
  ['surface.ts', 'cli/main.ts', 'entries-imports-no-later-room'],
  ['testing/a.ts', 'events/b.ts', 'testing-imports-nothing-of-the-client'],
  ['worker.ts', 'platform/c.ts', 'browsers-and-workers-reach-nothing-of-node'],
]

const allowed: readonly (readonly [file: string, target: string])[] = [
  ['base/y.ts', 'base/x.ts'],
  ['browser.ts', 'base/b.ts'],
  ['cli/a.ts', 'testing/b.ts'],
  ['cli/a.ts', 'worker.ts'],
  ['events/c.ts', 'base/b.ts'],
  ['events/c.ts', 'events/b.ts'],
  ['generated/a.ts', 'base/document.ts'],
  ['platform/c.ts', 'platform/node.ts'],
  ['platform/node.ts', 'node:events'],
  ['testing/c.ts', 'base/b.ts'],
]

const specifier = (file: string, target: string): string => {
  if (target.startsWith('node:')) return target
  const path = relative(dirname(file), target)
  return path.startsWith('.') ? path : `./${path}`
}

/** Writes one file for each importer and each target. Every import is of a type, the kind that is easiest to miss. */
const writeSources = async (folder: string): Promise<void> => {
  const sources = new Map<string, string>()
  for (const [file, target] of [...refused, ...allowed]) {
    if (!/^node:|missing/.test(target)) sources.set(target, sources.get(target) ?? '')
    const source = sources.get(file) ?? ''
    sources.set(file, `${source}import type { A as A${source.length} } from '${specifier(file, target)}'\n`)
  }
  for (const [file, source] of sources) {
    const path = join(folder, 'src', file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, source)
  }
}

/** `rule: file` for each import that the rules of `.dependency-cruiser.mjs` refuse. */
const violationsIn = async (folder: string): Promise<string[]> => {
  const file = new URL('../.dependency-cruiser.mjs', import.meta.url).href
  const { default: config }: { default: IConfiguration } = await import(file)
  const { forbidden = [], options = {} } = config
  const { output } = await cruise(['src'], { ...options, ruleSet: { forbidden }, validate: true, baseDir: folder })
  if (typeof output === 'string') throw new Error(output)
  return output.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`).sort()
}

describe('the rules of imports', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meshery-live-imports-'))
    await writeSources(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('refuse each import that goes back, to Node or in a cycle, of types too, and no other', async () => {
    const expected = refused.flatMap(([file, , ...rules]) => rules.map((rule) => `${rule}: src/${file}`))
    expect(await violationsIn(folder)).toEqual(expected.sort())
  })
})
