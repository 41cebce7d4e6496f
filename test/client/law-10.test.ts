import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { availability } from '../docs/availability.ts'
import { type Difference, differences } from '../releases/differences.ts'
import { isFull, sampled } from '../sample.ts'
import { compare, holds, known, type Place } from './law-10-differences.ts'
import { localUser, remoteUser, type Subject, subjectsFor, worldEvent } from './law-10-world.ts'
import { type Followed, followState } from './states.ts'
import { hasty, until } from './watching.ts'

const identity = { provider: 'Meshery', token: 'token-of-the-user' }
const auth = { ...identity, userID: remoteUser }
const transports: readonly TransportName[] = ['websocket', 'sse', 'polling']

/** Every place that has the stream, by its declaration. */
const placesOf = ({ declared }: Subject): readonly (readonly [Release, TransportName])[] =>
  releases.flatMap((release) =>
    transports.flatMap((transport) =>
      availability(declared, transport, release) === 'not there' ? [] : [[release, transport] as const],
    ),
  )

const used = new Set<Difference>()

/** What the subscription has: the newest value, or all events. */
const toldBy = ({ declared }: Subject, { values }: Followed<unknown>): unknown =>
  declared.name === 'subscribeEvents' ? values : values.at(-1)

/** Plays all acts in one place, and compares after each. */
async function play(
  subject: Subject,
  place: Place,
  { prepare = () => {}, acts = subject.acts }: { prepare?: (fake: FakeMeshery) => void; acts?: Subject['acts'] } = {},
): Promise<void> {
  const { release, transport, conditions } = place
  const local = conditions.includes('Local provider')
  await using fake = await startFakeMeshery({ release, ...(!local && { auth }) })
  subject.prepare?.(fake)
  prepare(fake)
  const client = () =>
    createMeshery({
      ...hasty,
      url: fake.url,
      transports: [transport],
      ...(!local && identity),
      ...(conditions.includes('as pushed') && { settle: 0 }),
    })
  let meshery = client()
  try {
    let followed = followState(() => subject.subscribe(meshery))
    await followed.subscription.ready
    const up = () => until(() => expect(['live', 'polling']).toContain(followed.subscription.status.state))
    await up()
    // Where a subscription gives nothing at first, it gives a value once the server has read one.
    for (const { play: act, truth } of acts) {
      await act(fake)
      if (transport === 'polling' && (subject.declared.readEveryMs?.polling ?? 0) > 60_000) {
        await meshery.close()
        meshery = client()
        followed = followState(() => subject.subscribe(meshery))
      }
      await followed.newest(() => {
        const { expected, actual } = compare(subject.declared.name, place, truth, toldBy(subject, followed))
        expect(actual).toEqual(expected)
      })
      const { used: made } = compare(subject.declared.name, place, truth, toldBy(subject, followed))
      for (const difference of made) used.add(difference)
    }
  } finally {
    await meshery.close()
  }
}

/** A subject in one place, perhaps where something more is so. */
interface Play {
  readonly title: string
  readonly subject: Subject
  readonly place: Place
  readonly prepare?: (fake: FakeMeshery) => void
  readonly acts?: Subject['acts']
}

const subjects = subjectsFor(remoteUser)
const named = (title: string): Subject => {
  const found = subjects.find((subject) => subject.title === title)
  if (!found) throw new Error(`no ${title}`)
  return found
}

const plain: readonly Play[] = subjects.flatMap((subject) =>
  placesOf(subject).map(([release, transport]) => ({
    title: `${subject.title} on ${release} over ${transport}`,
    subject,
    place: { release, transport, conditions: [] },
  })),
)

const local: readonly Play[] = subjectsFor(localUser).flatMap((subject) =>
  (['v0.6', 'v0.7', 'v0.8', 'current'] as const).map((release) => ({
    title: `${subject.title} on ${release} with the Local provider`,
    subject,
    place: { release, transport: 'polling' as const, conditions: ['Local provider'] },
  })),
)

/** The subject in all its places, where this condition holds as well. */
const playsWhere = (
  condition: string,
  subject: Subject,
  more: Pick<Play, 'prepare' | 'acts'>,
  places = placesOf(subject),
): readonly Play[] =>
  places.map(([release, transport]) => ({
    title: `${condition}, on ${release} over ${transport}`,
    subject,
    place: { release, transport, conditions: [condition] },
    ...more,
  }))

const [connection = '', cluster = ''] = ['a', 'b'].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000001`)

const withBrokerLink = playsWhere('link to the broker', named('controllers'), {
  prepare: (fake) => {
    for (const id of [connection, cluster]) fake.controllers.brokerLink(id)
  },
})

const deploying = (['MESHSYNC', 'OPERATOR'] as const).map((controller) => ({
  connectionID: connection,
  controller,
  status: 'DEPLOYING' as const,
  version: 'v1',
}))
const withoutBroker = playsWhere('no broker', named('controllers'), {
  acts: [
    {
      play: (fake) => {
        for (const { controller, ...state } of deploying) fake.controllers.set(connection, controller, state)
      },
      truth: [
        ...deploying,
        { connectionID: cluster, controller: 'OPERATOR', status: 'NOTDEPLOYED', version: 'v0.8.5' },
      ],
    },
  ],
})

const kubernetes_server_id = `${'a'.repeat(8)}-0000-4000-8000-000000000002`
const withoutModel = playsWhere('kinds without a model', named('resources'), {
  acts: [
    {
      play: (fake) => fake.resources.set(kubernetes_server_id, 'default', 'Odd', 1, null),
      truth: { resources: [{ kubernetes_server_id, namespace: 'default', kind: 'Odd', count: 1 }] },
    },
  ],
})

const notPrivate = playsWhere('designs that are not private', named('configuration'), {
  acts: named('configuration')
    .acts.slice(0, 1)
    .map(({ play: act, truth }) => ({
      play: (fake) => {
        act(fake)
        for (const { id } of fake.configuration.patterns)
          fake.configuration.updatePattern(id, { visibility: 'public', updated_at: '2026-01-02T03:04:02.5Z' })
      },
      truth: JSON.parse(JSON.stringify(truth).replace(/"private"(?=[^[]*"pattern_file")/, '"public"')),
    })),
})

const event = { ...worldEvent(1), userID: remoteUser }
const asPushed = playsWhere(
  'as pushed',
  named('events'),
  { acts: [{ play: (fake) => fake.events.add(event, { store: false }), truth: [event] }] },
  placesOf(named('events')).filter(([, transport]) => transport !== 'polling'),
)

const plays = [...plain, ...local, ...withBrokerLink, ...withoutBroker, ...withoutModel, ...notPrivate, ...asPushed]

/** The declared differences that a play makes. */
const madeBy = new Map(
  plays.map((one) => {
    const { subject, place, acts = subject.acts } = one
    return [one, new Set(acts.flatMap(({ truth }) => compare(subject.declared.name, place, truth, undefined).used))]
  }),
)

const isMadeBy = (one: Play, difference: Difference): boolean => madeBy.get(one)?.has(difference) ?? false

/** Few plays, by the seed, that make every declared difference, and one more; all of them in the full tier. */
const choosePlays = (): ReadonlySet<Play> => {
  if (isFull) return new Set(plays)
  const chosen = new Set(sampled(plays, 1))
  let missing = Object.values(differences).flat()
  for (;;) {
    missing = missing.filter((difference) => ![...chosen].some((one) => isMadeBy(one, difference)))
    const [first] = missing
    if (!first) return chosen
    const makers = plays.filter((one) => isMadeBy(one, first))
    const count = (one: Play): number => missing.filter((difference) => isMadeBy(one, difference)).length
    const best = sampled(makers, 6, first.on + first.field).toSorted((a, b) => count(b) - count(a))[0]
    // What no play makes fails below.
    if (!best) missing = missing.slice(1)
    else chosen.add(best)
  }
}

const chosen = choosePlays()

describe.concurrent('Law 10: the same program gets the same values', () => {
  it.each(plays.filter((one) => chosen.has(one)))('$title', async ({ subject, place, ...more }) => {
    await play(subject, place, more)
  })
})

describe('each declared difference', () => {
  const declared = Object.entries(differences).flatMap(([stream, list]) => list.map((one) => [stream, one] as const))

  it('has an effect', () => {
    expect(
      declared.filter(([, one]) => !used.has(one)).map(([stream, { on, field }]) => `${stream}: ${on}: ${field}`),
    ).toEqual([])
  })

  it('names an existing stream and existing places', () => {
    const streams = subjectsFor(remoteUser).map((subject) => subject.declared.name)
    expect(Object.keys(differences).toSorted()).toEqual([...new Set(streams)].toSorted())
    for (const [, one] of declared) {
      const places = releases.flatMap((release) =>
        transports.map((transport) => holds(one, { release, transport, conditions: [...known] })),
      )
      expect(places, one.on).toContain(true)
    }
    for (const on of [
      '',
      'v0',
      'websockets',
      'polling before',
      'before',
      'polling v0.6, something',
      'v0.6, as pushed, no broker',
    ])
      expect(
        () => holds({ on, field: '', what: '' }, { release: 'v0.6', transport: 'polling', conditions: [] }),
        on,
      ).toThrow()
  })

  it('is described by a sentence', () => {
    for (const [, { what }] of declared) expect(what).toMatch(/^[A-Z`].*\.$/)
  })
})
