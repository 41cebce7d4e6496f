import { gql } from '@apollo/client/core'
import { gql as urql } from '@urql/core'
import { parse } from 'graphql'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type AnyDocument, type Document, textOf } from '../../src/base/document.ts'

/** As code generators write it in their string mode. */
class TypedDocumentString<Data, Variables> extends String {
  declare __apiType?: (variables: Variables) => Data
  readonly #value: string

  constructor(value: string) {
    super(value)
    this.#value = value
  }

  override toString(): string {
    return this.#value
  }
}

const text = 'subscription Events { subscribeEvents { id } }'

describe('the text of a document', () => {
  it.each<[string, unknown]>([
    ['a text', text],
    ['a generated string object', new TypedDocumentString(text)],
    ['a parsed document', parse(text)],
    ['a tagged template of Apollo Client', gql(text)],
    ['a tagged template of urql', urql(text)],
    ['what looks like a parsed document', { kind: 'Document', definitions: [], loc: { source: { body: text } } }],
  ])('is read from %s', (_, document) => {
    expect(textOf(document)?.replace(/\s+/g, ' ')).toBe(text)
  })

  it('contains the fragments that a tagged template includes', () => {
    const fragment = gql`fragment Part on Event { id }`
    expect(textOf(gql`subscription { subscribeEvents { ...Part } } ${fragment}`)).toContain('fragment Part on Event')
  })

  it.each<[string, unknown]>([
    ['a parsed document without its text', parse(text, { noLocation: true })],
    ['a blank text', ' \n'],
    ['an empty string object', Object('')],
    ['a parsed document of nothing', { kind: 'Document', definitions: [], loc: { source: { body: '' } } }],
    ['a text in the wrong place', { loc: { source: text } }],
    ['a number for a text', { loc: { source: { body: 1 } } }],
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['a list', [text]],
  ])('is undefined for %s', (_, document) => {
    expect(textOf(document)).toBeUndefined()
  })
})

describe('the type of a document', () => {
  interface Data {
    readonly a: number
  }
  interface Variables {
    readonly b: string
  }
  const typesOf = <D = 'untyped', V = 'untyped'>(_: AnyDocument<D, V>): { data: D; variables: V } | undefined =>
    undefined
  type Typed = { data: Data; variables: Variables } | undefined

  it('is inferred from a typed text, a string object and a parsed document', () => {
    const typed: Document<Data, Variables> = text
    const node: ReturnType<typeof parse> & { readonly __apiType?: (variables: Variables) => Data } = parse(text)
    expectTypeOf(typesOf(typed)).toEqualTypeOf<Typed>()
    expectTypeOf(typesOf(new TypedDocumentString<Data, Variables>(text))).toEqualTypeOf<Typed>()
    expectTypeOf(typesOf(node)).toEqualTypeOf<Typed>()
  })

  it('is unknown for a plain text and a plain parsed document', () => {
    type Untyped = { data: 'untyped'; variables: 'untyped' } | undefined
    expectTypeOf(typesOf(text)).toEqualTypeOf<Untyped>()
    expectTypeOf(typesOf(parse(text))).toEqualTypeOf<Untyped>()
    expectTypeOf(typesOf(gql(text))).toEqualTypeOf<Untyped>()
  })

  it('is refused for anything else', () => {
    expectTypeOf<number>().not.toExtend<AnyDocument>()
    expectTypeOf<{ query: string }>().not.toExtend<AnyDocument>()
    expectTypeOf<undefined>().not.toExtend<AnyDocument>()
  })
})
