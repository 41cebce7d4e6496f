import { expect, it } from 'vitest'
import { docOf } from './interfaces.ts'

const source = `/** The first thing. */
export interface First {}

/** One of several. */
export type Kind = 'a' | 'b'
`

it.each([
  ['Kind | null', 'One of several.'],
  ['readonly First[]', 'The first thing.'],
  ['OneOrMore<Kind>', 'One of several.'],
  ['Readonly<Record<string, unknown>> | null', ''],
  ['Elsewhere', ''],
  ['string | null', ''],
])('gives for %s the type of its declaration: %j', (type, said) => {
  expect(docOf(source, type)).toBe(said)
})
