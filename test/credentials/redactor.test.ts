import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { Redactor } from '../../src/credentials/redactor.ts'
import { secretsIn, secretsOf, textsIn } from '../../src/credentials/secrets.ts'
import { encodings, leaksOf } from '../client/planted.ts'
import { runsOf, sampled } from '../sample.ts'
import { processorMs } from '../waiting.ts'

const knowing = (...secrets: readonly string[]): Redactor => {
  const redactor = new Redactor()
  redactor.learn('header', secrets.flatMap(secretsOf))
  return redactor
}

/** A secret of any characters, of which at least eight are letters or digits. */
const secret = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'abcdefgh2345678XYZ'), fc.string({ minLength: 1, maxLength: 1 })),
    minLength: 12,
    maxLength: 60,
  })
  .filter((text) => text.replace(/[^a-z\d]/gi, '').length >= 10)
const encoding = fc.constantFrom(...Object.keys(encodings))
const write = (how: string, text: string): string => encodings[how]?.(text) ?? ''

describe('a text of a peer', () => {
  it('shows no secret in any encoding', () => {
    fc.assert(
      fc.property(secret, encoding, fc.string(), fc.string(), (hidden, how, before, after) => {
        const shown = knowing(hidden).text(before + write(how, hidden) + after)
        expect(leaksOf(hidden, shown)).toEqual([])
      }),
      { numRuns: runsOf(500) },
    )
  })

  it('shows no secret that is escaped twice, broken into lines, or split by control sequences', () => {
    const hidden = 'Zx91+uVb77/aaKKq=81Lm'
    const forms = [
      JSON.stringify(JSON.stringify({ hidden: write('escaped as in JSON', hidden) })),
      hidden.replace(/(.{5})/g, '$1\n'),
      write('base64', hidden).replace(/(.{6})/g, '$1\r\n '),
      hidden.replace(/(.{4})/g, '$1\u001b[31m'),
      hidden.replace(/(.{3})/g, '$1\u200b'),
      write('URL-encoded twice', write('URL-encoded twice', hidden)),
      hidden.toLowerCase(),
      [...hidden].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
    ]
    for (const form of forms) expect(leaksOf(hidden, knowing(hidden).text(`see ${form}.`))).toEqual([])
  })

  it('shows no secret of letters beyond ASCII', () => {
    const hidden = 'clé-très-secrète-ünïcode-日本語-fin'
    for (const form of [
      hidden,
      encodeURIComponent(hidden),
      JSON.stringify(hidden),
      write('escaped as in JSON', hidden),
    ])
      expect(knowing(hidden).text(`see ${form}.`)).toMatch(/^see "?\*\*\*"?\.$/)
  })

  it('shows no long part of a secret that was cut at either end', () => {
    fc.assert(
      fc.property(secret, fc.nat(40), fc.nat(40), (hidden, from, size) => {
        const part = hidden.slice(from, from + 12 + size)
        expect(leaksOf(hidden, knowing(hidden).text(`"${part}`)).filter((piece) => piece.length >= 14)).toEqual([])
      }),
      { numRuns: runsOf(100) },
    )
  })

  const ends = Array.from({ length: 50 }, (_, index) => 1_960 + index)
  it('is cut after 2,000 characters, without showing a secret', () => {
    const hidden = 'Zx91uVb77aaKKq81Lm'
    for (const at of sampled(ends, 10)) {
      const shown = knowing(hidden).text(`${'.'.repeat(at)}${hidden}${' more'.repeat(400)}`)
      expect(shown.length).toBeLessThan(2_010)
      expect(shown).not.toMatch(/Z|x9|1u/)
    }
    expect(new Redactor().text('x'.repeat(5_000))).toBe(`${'x'.repeat(2_000)}...`)
    const many = knowing(hidden).text(`${hidden} `.repeat(1_000))
    expect(leaksOf(hidden, many)).toEqual([])
  })

  it('keeps everything else', () => {
    const texts = [
      '',
      'GET http://a:9081/api/x answers 401: bearer 2026-11-21T10:00:00Z 100% \\u00zz %zz %',
      '***',
      '日本語 \ud83d',
    ]
    for (const text of texts) expect(knowing('Bearer Zx91uVb77aaKKq81Lm', 'a=1').text(text)).toBe(text)
  })

  it('is not hidden by an empty or a very short secret', () => {
    const redactor = new Redactor()
    redactor.learn('token', ['', 'a', 'an', 'the', '---------', ...secretsIn(''), ...secretsOf('no'), ...secretsOf('')])
    expect(redactor.text('the answer - an answer')).toBe('the answer - an answer')
  })

  it('keeps the address of the server, also where a header names it', () => {
    const redactor = knowing('https://meshery.example.com:9081', 'meshery.example.com')
    redactor.public = 'https://meshery.example.com:9081'
    expect(redactor.text('https://meshery.example.com:9081/api answers 401')).toContain(
      'https://meshery.example.com:9081/',
    )
  })

  it('may contain every special character of a pattern', () => {
    const hidden = '.*+?^$(){}|[]\\/secret-Zx91(uVb77'
    expect(knowing(hidden).text(`<${hidden}>`)).toBe('<***>')
    expect(knowing(hidden).text('an ordinary text')).toBe('an ordinary text')
  })

  it('is redacted quickly, whatever it contains', () => {
    const redactor = knowing('x'.repeat(8_000), 'Zx91uVb77aaKKq81Lm', '%25'.repeat(1_000))
    const texts = ['%', '%25', '\\', '\\u', '\u001b[', '\u001b[1', 'x', 'Zx91', '-', '&'].map((unit) =>
      unit.repeat(100_000),
    )
    const tookMs = processorMs(() => {
      for (const text of texts) redactor.text(text)
    })
    expect(tookMs).toBeLessThan(2_000)
  })
})

describe('what the redactor remembers', () => {
  it('is the words of a header, what is encoded in them, and the password of Basic credentials', () => {
    const basic = `Basic ${Buffer.from('me:hunter-22').toString('base64')}`
    expect(secretsOf(basic)).toContain('hunter-22')
    expect(secretsOf('session=Zx91uVb77aaKKq81Lm; theme=dark')).toContain('Zx91uVb77aaKKq81Lm')
    const token = Buffer.from('{"access_token":"head.payload-1.signature-1"}').toString('base64')
    expect(secretsOf(`token=${token}`)).toEqual(expect.arrayContaining(['payload-1', 'signature-1']))
  })

  it('is every text that is sent as JSON, also where a part of it cannot be sent', () => {
    expect(textsIn({ a: 'one', b: [{ c: 'two' }], d: new Date(0), e: 7 })).toEqual([
      'one',
      'two',
      '1970-01-01T00:00:00.000Z',
    ])
    expect(textsIn({ a: 'one', b: BigInt(1) })).toEqual(['one'])
    expect(textsIn(undefined)).toEqual([])
  })

  it('is kept for the last four of a kind, each kind separately', () => {
    const redactor = new Redactor()
    redactor.learn('header', ['header-Zx91uVb77'])
    for (let number = 0; number < 5; number++) redactor.learn('token', [`token-${number}-Kq81Lm`])
    const shown = redactor.text(
      ['header-Zx91uVb77', ...Array.from({ length: 5 }, (_, at) => `token-${at}-Kq81Lm`)].join(' '),
    )
    expect(shown).toMatch(/^\*\*\* token-0-Kq81Lm( \*\*\*)+$/)
  })
})

describe('a value of a peer', () => {
  const redactor = knowing('Zx91uVb77aaKKq81Lm')

  it('is returned unchanged when it shows no secret', () => {
    const value = { message: 'no', path: ['a', 1], extensions: { deep: [{ a: null }], at: new Date(0) } }
    expect(redactor.value(value)).toBe(value)
  })

  it('shows no secret in a text or a name, at any depth', () => {
    const value = { a: [{ Zx91uVb77aaKKq81Lm: ['Zx91uVb77aaKKq81Lm', 1] }], __proto__: null, c: true }
    expect(redactor.value(value)).toEqual({ a: [{ '***': ['***', 1] }], c: true })
    const hostile: unknown = JSON.parse('{"__proto__":{"x":"Zx91uVb77aaKKq81Lm"}}')
    expect(JSON.stringify(redactor.value(hostile))).toBe('{"__proto__":{"x":"***"}}')
  })

  it('is cut where it is very deep or very large', () => {
    const deep: unknown = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000))
    expect(JSON.stringify(redactor.value(deep))).toHaveLength('[[[[[[[[[[["..."]]]]]]]]]]]'.length)
    const large = Array.from({ length: 100_000 }, (_, at) => ({ at }))
    expect(redactor.value(large)).toHaveLength(1_000)
  })
})

describe('an error', () => {
  it('shows no secret in the bytes or objects of its cause', () => {
    const redactor = knowing('Zx91uVb77aaKKq81Lm')
    const cause = Object.assign(new Error('Parse Error'), { rawPacket: Buffer.from('Zx91uVb77aaKKq81Lm') })
    const error = new MesheryError('NOT_MESHERY', 'no', { phase: 'store', cause })
    const safe = redactor.error(error)
    expect(inspect(safe)).not.toContain('rawPacket')
    expect(String(safe.cause)).toContain('Parse Error')
  })

  it('may have a cause of any type', () => {
    const redactor = knowing('Zx91uVb77aaKKq81Lm')
    const causes: readonly unknown[] = [
      Object.assign(Object.create(null), { a: 1 }),
      Object.assign(Object.create(null), { message: 'Zx91uVb77aaKKq81Lm' }),
      { message: { toString: 1 } },
      Symbol('Zx91uVb77aaKKq81Lm'),
      7,
      null,
      () => 1,
    ]
    for (const cause of causes) {
      const error = new MesheryError('NOT_MESHERY', 'for Zx91uVb77aaKKq81Lm', { phase: 'store', cause })
      expect(inspect(redactor.error(error), { depth: 9 })).not.toContain('Zx91uVb77')
    }
  })
})
