import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HeldBytes, LineBuffers } from '../../src/platform/held-bytes.ts'
import { LineDecoder } from '../../src/platform/line-decoder.ts'
import { runsOf } from '../sample.ts'

/** The texts that come of these pieces, and what is left in the end. */
const decoded = (pieces: readonly Uint8Array[]): string[] => {
  const decoder = new LineDecoder(new HeldBytes())
  return [...pieces.map((piece) => decoder.decode(piece)), decoder.decode()]
}

const bytesOf = (text: string): Buffer => Buffer.from(text)

it('returns lines that have ended, and holds the rest back', () => {
  expect(decoded(['a', 'b\nc', 'd\r', '', 'e\r\n', 'f'].map(bytesOf))).toEqual([
    '',
    'ab\n',
    'cd\r',
    '',
    'e\r\n',
    '',
    'f',
  ])
})

it('gives the same as TextDecoder, however the bytes are cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\u2713', '\u{1f600}', '\ufeff', '\n', '\r', '"') })
  const noise = fc.uint8Array({ maxLength: 5 })
  const stream = fc.array(fc.oneof(text.map(bytesOf), noise), { maxLength: 10 }).map((parts) => Buffer.concat(parts))
  fc.assert(
    fc.property(stream, fc.array(fc.nat(60)), (bytes, cuts) => {
      const places = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length)])].sort((a, b) => a - b)
      const pieces = places.map((from, at) => bytes.subarray(from, places[at + 1]))
      expect(decoded(pieces).join('')).toBe(new TextDecoder().decode(bytes))
    }),
    { numRuns: runsOf(2_000) },
  )
})

it('holds no more than 2 MiB back, then nothing until a line ends, and returns each byte once', () => {
  const piece = Buffer.alloc(65_536, 'x')
  const texts = decoded(Array.from({ length: 160 }, () => piece))
  const lengths = texts.map((text) => text.length).filter((length) => length > 0)
  expect(lengths).toEqual([33, ...Array<number>(127).fill(1)].map((count) => count * 65_536))
})

it('holds nothing back past its limit', () => {
  const decoder = new LineDecoder(new HeldBytes(), 10)
  const texts = ['12345', '67890', '1', '234\n'].map((text) => decoder.decode(bytesOf(text)))
  expect(texts).toEqual(['', '', '12345678901', '234\n'])
  expect(decoder.decode(bytesOf('a\n12345678901'))).toBe('a\n12345678901')
})

it('decodes a long line in time that is proportional to its length', () => {
  const decoder = new LineDecoder(new HeldBytes())
  const piece = Buffer.alloc(1_024, 'x')
  const startedAt = process.cpuUsage()
  for (let count = 0; count < 30_000; count++) decoder.decode(piece)
  const { user, system } = process.cpuUsage(startedAt)
  expect((user + system) / 1_000).toBeLessThan(2_000)
})

it('puts the lines of one client together in buffers that are used again', () => {
  const buffers = new LineBuffers()
  const line = Buffer.from(`${'x'.repeat(1_000_000)}\n`)
  const pieces = Array.from({ length: 20 }, (_, at) => line.subarray(at * 50_100, (at + 1) * 50_100))
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < 20; count++) {
    const [stream, page] = [new LineDecoder(new HeldBytes(buffers)), new LineDecoder(new HeldBytes(buffers))]
    const texts = pieces.map((piece) => [stream.decode(piece), page.decode(piece)])
    expect(texts.map(([one]) => one).join('')).toBe(texts.map(([, other]) => other).join(''))
  }
  // Made anew, they would take 40 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(12_000_000)
})
