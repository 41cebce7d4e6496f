import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const manifest: { readonly bin: Readonly<Record<string, string>>; readonly scripts: Readonly<Record<string, string>> } =
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const program = manifest.bin['meshery-live'] ?? ''

let clone = ''
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'meshery-live-clone-'))
  mkdirSync(join(clone, 'scripts'))
  cpSync(join(root, 'scripts/unbuilt.mjs'), join(clone, 'scripts/unbuilt.mjs'))
})
afterEach(() => rmSync(clone, { recursive: true }))

/** What npm runs after `npm ci`, and before it links a folder. */
const prepare = (): unknown => {
  const [command, ...args] = manifest.scripts['prepare']?.split(' ') ?? []
  return execFileSync(command === 'node' ? process.execPath : '', args, { cwd: clone })
}

test('in a clone that is not built the program says what to run', () => {
  prepare()
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, program), 'events'], { encoding: 'utf8' })
  expect(stderr).toBe('meshery-live: this clone is not built yet\n  Run `npm run build` first.\n')
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
})

test('a program that is built stays as it is', () => {
  const built = join(clone, program)
  mkdirSync(join(built, '..'), { recursive: true })
  writeFileSync(built, '// built')
  prepare()
  expect(readFileSync(built, 'utf8')).toBe('// built')
})
