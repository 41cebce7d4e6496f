import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runsOf, sampled } from '../sample.ts'
import { channels } from './hostile-server.ts'
import { encodings, leaksOf, type Planted, shownBy, tokenOf } from './planted.ts'

const word = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...'abcdefghkmpqrstwxyzABCDEFGHKLMNPRSTXYZ23456789-_.~+/'), minLength, maxLength })
    .filter((text) => text.replace(/[^a-z\d]/gi, '').length >= minLength * 0.7)
const jwt = fc
  .tuple(word(20, 30), word(40, 80), word(43, 43))
  .map((parts) => parts.map((one) => one.replaceAll('.', 'j')).join('.'))

const planted: fc.Arbitrary<Planted> = fc.record({
  access: jwt,
  refresh: word(16, 40),
  bearer: fc.oneof(jwt, word(12, 60)),
  key: word(10, 40),
  password: word(10, 20),
  cookie: word(16, 64),
  param: word(10, 40),
  deepParam: word(12, 40),
  renewed: jwt,
})

const kinds = ['token', 'access', 'refresh', 'bearer', 'key', 'password', 'cookie', 'param', 'deepParam'] as const

describe.concurrent('a server that returns what it received', () => {
  it.each(
    sampled(
      channels.map((channel) => [channel.name, channel] as const),
      4,
    ),
  )('shows no secret by its %s', async (_, channel) => {
    await fc.assert(
      fc.asyncProperty(
        planted,
        fc.constantFrom(...kinds),
        fc.constantFrom(...Object.keys(encodings)),
        async (secrets, kind, encoding) => {
          const secret = kind === 'token' ? tokenOf(secrets) : secrets[kind]
          const shown = await shownBy(channel, secrets, encodings[encoding]?.(secret) ?? '')
          expect(leaksOf(secret, shown)).toEqual([])
        },
      ),
      { numRuns: runsOf(6), endOnFailure: true },
    )
  })

  it.each(
    sampled(
      channels
        .filter(({ http, follow }) => http && follow !== 'no provider')
        .map((channel) => [channel.name, channel] as const),
      2,
      'renewed',
    ),
  )('shows no token that it renewed by its %s', async (_, channel) => {
    await fc.assert(
      fc.asyncProperty(planted, fc.constantFrom(...Object.keys(encodings)), async (secrets, encoding) => {
        const shown = await shownBy(channel, secrets, encodings[encoding]?.(secrets.renewed) ?? '')
        expect(leaksOf(secrets.renewed, shown)).toEqual([])
      }),
      { numRuns: runsOf(3), endOnFailure: true },
    )
  })
})
