import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/program.ts'
import { currentManPage, manPage } from '../docs/generated-man-page.ts'

const root = join(import.meta.dirname, '../..')
const shipped = readFileSync(join(root, manPage), 'utf8')

describe('the manual page', () => {
  test('is what the declarations of the commands give', () => {
    expect(currentManPage(), 'updated by `node scripts/man.mjs`').toBe(shipped)
  })

  test('is in the package', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({ man: `./${manPage}`, files: expect.arrayContaining(['man']) })
  })

  test('describes every command with its options', () => {
    for (const command of commands) {
      expect(shipped).toContain(`.SS meshery\\-live ${command.name.replaceAll('-', '\\-')}\n`)
      const options =
        'options' in command
          ? command.options()
          : command.commands.flatMap((one) => ('options' in one ? one.options() : []))
      for (const { long } of options) expect(shipped).toContain(long?.replaceAll('-', '\\-'))
    }
  })

  const hasGroff = spawnSync('groff', ['--version']).status === 0
  if (!hasGroff) console.warn('Skipped the check of the manual page by groff: it is not here.')

  test.skipIf(!hasGroff)('is printed by groff without a warning', { tags: ['groff'] }, () => {
    const { status, stderr, stdout } = spawnSync('groff', ['-man', '-Tascii', '-P-bcou', '-ww', join(root, manPage)], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const text = stdout.replace(/\s+/g, ' ')
    expect(text).toContain('--min-severity')
    expect(text).toContain("'{severity} {metadata.error.Code}'")
  })
})
