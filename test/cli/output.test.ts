import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Output } from '../../src/cli/output.ts'

const outputOf = (isTTY: boolean, env: Readonly<Record<string, string>>): Output =>
  new Output(Object.assign(new PassThrough(), { isTTY }), env)

test.each<[boolean, boolean, Readonly<Record<string, string>>]>([
  [true, true, { TERM: 'xterm-256color' }],
  [true, true, { TERM: 'xterm' }],
  [false, true, { TERM: 'dumb' }],
  [false, true, { TERM: 'xterm-256color', NO_COLOR: '1' }],
  [false, false, { TERM: 'xterm-256color' }],
  [true, false, { FORCE_COLOR: '1' }],
  [false, true, { TERM: 'xterm-256color', FORCE_COLOR: '0' }],
])('colours are %s where isTTY is %s and the environment is %j', (expected, isTTY, env) => {
  const output = outputOf(isTTY, env)
  expect(output.hasColors).toBe(expected)
  expect(output.paint(['bold', 'red'], 'x')).toBe(expected ? '\u001b[1m\u001b[31mx\u001b[39m\u001b[22m' : 'x')
  expect(output.paint(undefined, 'x')).toBe('x')
  expect(output.paint([], 'x')).toBe('x')
})

test('a pipe has lines of any width; a terminal that does not report its size has 80 columns', () => {
  expect(outputOf(false, {}).lineWidth).toBe(Number.POSITIVE_INFINITY)
  expect(outputOf(true, {}).lineWidth).toBe(80)
})

test.each([
  ['always', false, true],
  ['never', true, false],
  ['auto', true, true],
  ['auto', false, false],
] as const)('%s: on a terminal (%s) there are colours: %s', (choice, isTTY, expected) => {
  const output = outputOf(isTTY, { TERM: 'xterm' })
  output.setColors(choice)
  expect(output.hasColors).toBe(expected)
})
