import { describe, expect, test } from 'vitest'
import { eventLaws, law10 } from '../client/event-laws.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { sampled } from '../sample.ts'
import { natsRig } from './nats-rig.ts'

const laws = [...eventLaws, law10]

/** The laws that cannot hold over NATS, by their titles, and why. */
const notOverNats: Readonly<Record<string, string>> = {
  'Law 1: while the store cannot be read, a `gap` notice with `complete: false` says so, and pushes are delivered':
    'The stream is the store, and nothing is pushed beside it. While it cannot be read, the subscription is `waiting`, and everything comes later.',
}

const overNats = laws.filter(({ title }) => !Object.hasOwn(notOverNats, title))

describe.skipIf(hasNoNats())('over NATS', { tags: ['nats'] }, () => {
  // Each starts a server of its own.
  for (const { title, run } of sampled(overNats, 1)) test(title, () => run(natsRig))
})

describe('the laws that are not tested over NATS', () => {
  test('are these', () => {
    expect(Object.keys(notOverNats)).toEqual([
      'Law 1: while the store cannot be read, a `gap` notice with `complete: false` says so, and pushes are delivered',
    ])
  })

  test('are laws of the suite, and each has another claim that is tested', () => {
    const titles = laws.map(({ title }) => title)
    expect(titles).toEqual(expect.arrayContaining(Object.keys(notOverNats)))
    const tested = titles
      .filter((title) => !Object.hasOwn(notOverNats, title))
      .map((title) => /^Law \d+/.exec(title)?.[0])
    expect(new Set(tested)).toEqual(new Set(Array.from({ length: 12 }, (_, index) => `Law ${index + 1}`)))
  })
})
