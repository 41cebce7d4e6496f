import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SseParser } from '../../src/transports/sse-parser.ts'
import { runsOf, sampled } from '../sample.ts'
import { usedBytes } from '../used-bytes.ts'
import { processorMs } from '../waiting.ts'

const parsed = (pieces: readonly string[], limit = 1000): string[] => {
  const messages: string[] = []
  const parser = new SseParser(limit, (data) => messages.push(data))
  for (const piece of pieces) parser.read(piece)
  return messages
}

it('cuts a stream into messages, whatever ends its lines', () => {
  expect(parsed(['data: a\n\ndata:b\r\n\r\ndata: c\r\rdata\n\n'])).toEqual(['a', 'b', 'c', ''])
})

it('joins the data of one message, and takes one space away', () => {
  expect(parsed(['data:  a\ndata: b\n\n'])).toEqual([' a\nb'])
})

it('passes over comments, unknown fields, ids, and messages of another name', () => {
  expect(
    parsed([': hello\nid: 1\nretry: 5\nnew: x\ndatax: y\n\nevent: other\ndata: 1\n\nevent: message\ndata: 2\n\n']),
  ).toEqual(['2'])
})

it('delivers nothing before the empty line', () => {
  expect(parsed(['data: a\n'])).toEqual([])
})

it('returns for each piece whether a line of SSE ended in it', () => {
  const hasLines = (...pieces: string[]): boolean[] => {
    const parser = new SseParser(1_000, () => {})
    return pieces.map((piece) => parser.read(piece))
  }
  expect(hasLines(':\n', 'data: 1\n', 'event:x\n', 'id\n', 'retry: 1\r', '')).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
  ])
  expect(hasLines(': keep', 'alive', '\n')).toEqual([false, false, true])
  expect(hasLines('\n', 'date: 1\n', 'Data: 1\n', ' :\n', ': \ufffd\n')).toEqual([false, false, false, false, false])
  expect(hasLines('x\n:\n', '\n')).toEqual([true, false])
})

it('finds no line of SSE in a page, whatever its lines begin with', () => {
  const parser = new SseParser(1_000, () => {})
  expect(['\n <html>\n', ':root { }\n', 'data: 1\n'].map((piece) => parser.read(piece))).toEqual([false, false, false])
})

it('does not take the second half of a line end for an empty line', () => {
  expect(parsed(['data: a\r', '\ndata: b\r', '\n\r', '\n'])).toEqual(['a\nb'])
})

it('gives the same as eventsource-parser, however the stream is cut', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'data: {"a":1}',
      'data:x',
      'data',
      'data:',
      ':',
      ': keepalive',
      'event: message',
      'event: x',
      'event:',
      '',
    ),
    fc.string({ unit: fc.constantFrom('d', 'a', 't', ':', ' ', 'é', '\u2028', '\0') }),
  )
  const end = fc.constantFrom('\n', '\r\n', '\r')
  const stream = fc.array(fc.tuple(line, end), { maxLength: 30 }).map((lines) => lines.flat().join(''))
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200)), (body, cuts) => {
      // Text behind the last message, so that the other parser does not wait after a last carriage return.
      const text = `${body}\n\n:`
      const expected: string[] = []
      createParser({
        onEvent: ({ event, data }) => {
          if (event === undefined || event === 'message') expected.push(data)
        },
      }).feed(text)
      const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b)
      const pieces = places.map((from, at) => text.slice(from, places[at + 1]))
      expect(parsed(pieces)).toEqual(expected)
    }),
    { numRuns: runsOf(2_000) },
  )
})

it('is bounded, in a line and over many', () => {
  expect(() => parsed(['data: ', 'x'.repeat(99)], 100)).toThrow(RangeError)
  expect(() =>
    parsed(
      Array.from({ length: 20 }, () => 'data: 45678\n'),
      100,
    ),
  ).toThrow(RangeError)
  expect(
    parsed(
      Array.from({ length: 20 }, () => 'data: 45678\n\n'),
      100,
    ),
  ).toHaveLength(20)
})

it('takes time in proportion to the length of a message', { tags: ['full'] }, () => {
  const piece = 'x'.repeat(16_384)
  const pieces = ['data: ', ...Array.from({ length: 1_300 }, () => piece), '\n\n']
  const tookMs = processorMs(() => expect(parsed(pieces, 0x2000000)[0]).toHaveLength(1_300 * 16_384))
  expect(tookMs).toBeLessThan(2_000)
})

it.each(
  sampled(
    [
      ['of endless short lines', 'data: xxxxxxxxxxxxxxx\n'.repeat(3_000), 100],
      ['whose lines come one in a piece, among comments', `data: ${'x'.repeat(20)}\n: ${'c'.repeat(65_000)}\n`, 500],
    ],
    1,
    'kept',
  ),
)('keeps of a message %s little more than its text', (_, text, pieces) => {
  const bytes = Buffer.from(text)
  const parser = new SseParser(2 ** 25, () => {})
  const before = usedBytes()
  // Each is decoded anew: a text that was put together or shared would take less.
  for (let piece = 0; piece < pieces; piece++) parser.read(bytes.toString())
  expect(usedBytes() - before).toBeLessThan(10_000_000)
  expect(parser.read('')).toBe(false)
})
