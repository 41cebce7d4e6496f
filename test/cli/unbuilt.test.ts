import { execSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { someClaims } from '../sample.ts'

const root = join(import.meta.dirname, '../..')
const manifest: { readonly bin: Readonly<Record<string, string>>; readonly scripts: Readonly<Record<string, string>> } =
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const program = manifest.bin['meshery-live'] ?? ''

let clone = ''
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'meshery-live-clone-'))
  mkdirSync(join(clone, 'scripts'))
  for (const script of ['unbuilt.mjs', 'build.mjs'])
    cpSync(join(root, 'scripts', script), join(clone, 'scripts', script))
  cpSync(join(root, 'package.json'), join(clone, 'package.json'))
})
afterEach(() => rmSync(clone, { recursive: true }))

/** What npm runs after `npm ci`, and before it links a folder. */
const prepare = (): unknown => execSync(manifest.scripts['prepare'] ?? '', { cwd: clone })

someClaims(1, 'unbuilt', (it) => {
  it('in a clone that is not built the program says what to run', async () => {
    prepare()
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, program), 'events'], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('meshery-live: this clone is not built yet\n  Run `npm run build` first.\n')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })

  it('a program that is built stays as it is', async () => {
    const built = join(clone, program)
    mkdirSync(join(built, '..'), { recursive: true })
    writeFileSync(built, '// built')
    prepare()
    expect(readFileSync(built, 'utf8')).toBe('// built')
  })

  it('a folder with the manifest alone, as a layer of a container image has it, is left as it is', async () => {
    rmSync(join(clone, 'scripts'), { recursive: true })
    prepare()
    expect(existsSync(join(clone, program))).toBe(false)
  })

  it('where it was packed without a build, the program says so', async () => {
    prepare()
    rmSync(join(clone, 'scripts'), { recursive: true })
    const { stderr } = spawnSync(process.execPath, [join(clone, program), 'events'], { encoding: 'utf8' })
    expect(stderr).toMatch(/^meshery-live: this package was packed without its build\n {2}Run `npm ci`/)
  })
})
