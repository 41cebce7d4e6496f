import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { corpus, fuzz, runCase, targets } from './fuzz.ts'

describe('the corpus', () => {
  it.each(corpus(join(import.meta.dirname, 'corpus')))('$file breaks no rule', async ({ target, input }) => {
    await expect(runCase(target, input)).resolves.toBeUndefined()
  })
})

describe('random input', () => {
  it.each(targets)('of the target $name breaks no rule', { timeout: 60_000 }, async (target) => {
    expect(await fuzz(target, { seed: 8, runs: 60 })).toEqual({ runs: 60 })
  })
})
