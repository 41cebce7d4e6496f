import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SecretMask } from '../../src/dashboard/secret-mask.ts'
import { runsOf } from '../sample.ts'

/** What is sent of a body that comes in these pieces. */
const sent = (secrets: readonly string[], pieces: readonly string[]): string => {
  const mask = new SecretMask(secrets)
  return [...pieces.map((piece) => mask.take(Buffer.from(piece))), mask.rest()].map(String).join('')
}

it('covers a secret that comes in two pieces', () => {
  expect(sent(['secret-one'], ['a secret', '-one b'])).toBe('a ********** b')
})

it('covers all of a secret that contains another one, also where it is cut behind that', () => {
  const secrets = ['header.payload.signature', 'payload', 'signature']
  expect(sent(secrets, ['{"token":"header.payload.sig', 'nature"}'])).toBe(`{"token":"${'*'.repeat(24)}"}`)
})

it('covers a secret at the end of the body that may be the beginning of a longer one', () => {
  expect(sent(['payload.signature', 'payload'], ['the payload'])).toBe('the *******')
})

it('sends at once what no secret can begin with', () => {
  const mask = new SecretMask(['secret-one'])
  expect(String(mask.take(Buffer.from('data: the secret-one\n\n')))).toBe('data: the **********\n\n')
})

it('sends the same, however the body is cut', () => {
  const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength, maxLength })
  fc.assert(
    fc.property(fc.array(text(1, 6), { maxLength: 4 }), fc.array(text(0, 8), { maxLength: 6 }), (secrets, pieces) => {
      const whole = sent(secrets, [pieces.join('')])
      expect(sent(secrets, pieces)).toBe(whole)
      for (const secret of secrets) expect(whole).not.toContain(secret)
    }),
    { numRuns: runsOf(1_000) },
  )
})

it('takes little time for each piece of a stream, however long the secrets are', { tags: ['full'] }, () => {
  const longText = (seed: number): string =>
    Buffer.from(Array.from({ length: 8_000 }, (_, at) => at * seed)).toString('hex')
  const mask = new SecretMask(Array.from({ length: 20 }, (_, index) => longText(index + 3)))
  const piece = Buffer.from(`data: ${longText(2)}\n\n`)
  const startedAt = process.cpuUsage()
  for (let count = 0; count < 100; count++) mask.take(piece)
  const { user, system } = process.cpuUsage(startedAt)
  expect((user + system) / 1_000).toBeLessThan(1_500)
})
