import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { errorKinds } from '../../src/base/errors.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

/** The texts of all tests, except for this one and what is installed. */
const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !/node_modules|every-code/.test(name))
  .map((name) => readFileSync(join(folder, name), 'utf8'))

it.each(Object.keys(errorKinds))('%s is expected in a test', (code) => {
  expect(tests.some((text) => text.includes(`'${code}'`))).toBe(true)
})
