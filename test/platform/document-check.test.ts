import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import * as texts from '../../src/document-texts.ts'
import { createMeshery } from '../../src/index.ts'
import { checkDocument } from '../../src/platform/document-check.ts'

const namespaces: readonly Readonly<Record<string, string>>[] = [texts.v0_6, texts.v0_7, texts.v0_8, texts.v1_0]
const shipped = namespaces.flatMap((all) => Object.values(all))
const isSubscription = (text: string): boolean =>
  parse(text).definitions.some((one) => 'operation' in one && one.operation === 'subscription')

describe('a document, before it is sent', () => {
  it('is accepted where it is a subscription, and refused where it is a query: each one of this package', () => {
    expect(shipped.length).toBeGreaterThan(20)
    for (const text of shipped) {
      if (isSubscription(text)) expect(() => checkDocument(text)).not.toThrow()
      else expect(() => checkDocument(text)).toThrow('`document` was given a query; it takes')
    }
  })

  it.each([
    'subscription{a}',
    '# query {\n subscription Mine($query: [In!]! = [{ text: "}" }]) @live(query: true) { a(b: "query {", c: """{ " """) }',
    'fragment F on T { query } subscription { a { ...F } }',
    'subscription { a { ...F } } fragment F on T { a }',
    ', subscription query { a }',
    'subscription { a(x: """ \\""" } """) }',
  ])('is accepted: %s', (text) => {
    expect(() => parse(text)).not.toThrow()
    expect(() => checkDocument(text)).not.toThrow()
  })

  it.each([
    ['query { a }', 'a query'],
    ['{ a }', 'a query'],
    ['mutation M { a }', 'a mutation'],
    ['fragment F on T { a } query Q { a }', 'a query'],
    ['subscription { a', 'a text with a syntax error: a `{` without its partner'],
    ['subscription { a }}', 'a text with a syntax error: a `}` without its partner'],
    ['subscription { a(b: 1 }', 'a text with a syntax error'],
    ['subscripton { a }', 'a text that is no GraphQL subscription'],
    ['hello', 'a text that is no GraphQL subscription'],
  ])('is refused: %s', (text, problem) => {
    expect(() => checkDocument(text)).toThrow(problem)
  })

  it('is refused by `subscribe`, and nothing is sent', async () => {
    const meshery = createMeshery({ url: 'http://localhost:9', provider: 'None' })
    expect(() => meshery.subscribe('query { a }')).toThrow('`document` was given a query')
    await meshery.close()
  })
})
