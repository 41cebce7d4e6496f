import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { OptionValues } from '../../src/cli/option-values.ts'
import { readOutput, type ValueFormat } from '../../src/cli/value-format.ts'

const formatOf = (values: Readonly<Record<string, unknown>>): ValueFormat => {
  const { format } = readOutput(new OptionValues(values))
  if (format === undefined) throw new Error('This output is for people')
  return format
}

const event = {
  id: '1',
  severity: 'error',
  description: 'one\ntwo',
  metadata: { error: { Code: '1001', causes: ['a', 'b'] } },
  createdAt: null,
}
const page = { page: 0, total_count: 2, contexts: [{ name: 'a', tags: ['x'] }, { name: 'b' }] }

describe('json, jsonl and yaml', () => {
  test.each(['json', 'JSON', 'jsonl'])('%s is a line', (output) => {
    const text = formatOf({ output }).one(event)
    expect(text).not.toContain('\n')
    expect(JSON.parse(text)).toEqual(event)
  })

  test('yaml is a document that begins with ---', () => {
    const text = formatOf({ output: 'yaml' }).one(event)
    expect(text).toMatch(/^---\nid: '1'\n/)
    expect(load(text)).toEqual(event)
  })

  test.each(['a\tb', '\u001b[31mred', '\u202eback', 'next\u0085line', '\u200bnothing', 'para\u2029graph'])(
    'yaml has no character that steers a terminal: %j',
    (description) => {
      const text = formatOf({ output: 'yaml' }).one({ description })
      expect(text.slice('---\n'.length)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
      expect(load(text)).toEqual({ description })
    },
  )
})

describe('fields', () => {
  const fields = ['id, metadata.error.Code', 'createdAt', 'unknown']
  const chosen = { id: '1', metadata: { error: { Code: '1001' } }, createdAt: null, unknown: null }

  test('are chosen by their paths; what is not there is null', () => {
    expect(JSON.parse(formatOf({ output: 'json', fields }).one(event))).toEqual(chosen)
    expect(load(formatOf({ output: 'yaml', fields }).one(event))).toEqual(chosen)
  })

  test('are those of each item of a state', () => {
    const format = formatOf({ output: 'json', fields: ['name'] })
    expect(JSON.parse(format.list(page))).toEqual([{ name: 'a' }, { name: 'b' }])
    expect(JSON.parse(format.list([{ name: 'c' }]))).toEqual([{ name: 'c' }])
    expect(JSON.parse(format.list({ patterns: page, filters: null }))).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  test.each([
    [
      ['metadata.error.Code', 'id', 'metadata.error.causes'],
      { metadata: { error: { Code: '1001', causes: ['a', 'b'] } }, id: '1' },
    ],
    [['metadata.error.causes.1'], { metadata: { error: { causes: [null, 'b'] } } }],
    [['metadata.error.Code', 'metadata.error'], { metadata: { error: { Code: '1001', causes: ['a', 'b'] } } }],
    [['metadata.error', 'metadata.error.Code'], { metadata: { error: { Code: '1001', causes: ['a', 'b'] } } }],
    [['createdAt.year.short', 'id.a'], { createdAt: { year: { short: null } }, id: { a: null } }],
  ])('%j are in the shape of the value, so that a path of jq is the same with and without --fields', (paths, shape) => {
    expect(JSON.parse(formatOf({ output: 'json', fields: paths }).one(event))).toEqual(shape)
  })

  test('are not those of the prototype', () => {
    const format = formatOf({ output: 'json', fields: ['constructor', 'metadata.__proto__'] })
    expect(format.one(event)).toBe('{"constructor":null,"metadata":{"__proto__":null}}')
  })
})

describe('a template', () => {
  test.each([
    ['{severity}: {metadata.error.Code}', 'error: 1001'],
    ['{description}', 'one two'],
    ['{createdAt} {unknown.field}', '- -'],
    ['{metadata.error}', '{"Code":"1001","causes":["a","b"]}'],
    ['{metadata.error.causes.1}', 'b'],
    ['{id}\\t{ severity }\\n', '1\terror\n'],
    ['{{{id}}} a\\\\b', '{1} a\\b'],
    ['no field', 'no field'],
  ])('%j gives %j', (template, expected) => {
    expect(formatOf({ template }).one(event)).toBe(expected)
  })

  test('is a line for each item of a state', () => {
    expect(formatOf({ output: 'template', template: '{name}' }).list(page)).toBe('a\nb')
    expect(formatOf({ template: '{name}' }).list([])).toBe('')
  })
})

test.each([
  [{ output: 'xml' }, '--output was given "xml"; it takes pretty, wide, json, jsonl, yaml, template'],
  [{ output: 'template' }, '--output template needs --template'],
  [{ output: 'json', template: '{id}' }, '--template was given beside -o json'],
  [{ fields: ['id'] }, '--fields needs -o json, jsonl or yaml, and the output is pretty'],
  [{ template: '{id}', fields: ['id'] }, '--fields needs -o json, jsonl or yaml, and the output is template'],
  [{ output: 'json', fields: ['id,'] }, '--fields was given ""; it takes names'],
  [{ output: 'json', fields: ['a..b'] }, '--fields was given "a..b"; it takes names'],
  [{ template: '{id' }, '--template was given "{id"; it takes fields such as {severity}'],
  [{ template: 'a}' }, '--template was given "a}"'],
  [{ template: '{}' }, '--template was given "{}"'],
])('%j is refused', (values, said) => {
  expect(() => readOutput(new OptionValues(values))).toThrow(said)
})
