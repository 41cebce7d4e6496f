import { expect, it } from 'vitest'
import { type Need, needs, notRunLine } from './needs.ts'

const need = (tag: string, isHere: boolean): Need => ({
  tag,
  tests: `in ${tag}`,
  program: `${tag}-program`,
  isHere: () => isHere,
})
const known = [need('here', true), need('a', false), need('b', false), need('unused', false)]
const test = (isSkipped: boolean, ...tags: string[]) => ({ isSkipped, tags })

it('names in one line what did not run and what to install', () => {
  const tests = [test(true, 'a'), test(true, 'a', 'more'), test(true, 'b'), test(true, 'here'), test(true), test(false)]
  expect(notRunLine(tests, known)).toBe(
    'Not run because a program is missing: 2 in a (install a-program), 1 in b (install b-program).',
  )
})

it('prints nothing where every program is here, and where tests were not chosen', () => {
  expect(notRunLine([test(true, 'here'), test(true), test(false, 'a')], known)).toBeUndefined()
})

it('knows each program once', () => {
  expect(new Set(needs.map(({ tag }) => tag)).size).toBe(needs.length)
})
