// The laws about events, on every release over every transport that it has for them.
import { it } from 'vitest'
import type { TransportName } from '../../src/index.ts'
import type { Release } from '../../src/testing/index.ts'
import { claimsFor, sampled } from '../sample.ts'
import { eventLaws, law10 } from './event-laws.ts'
import { transportRig } from './transport-rig.ts'

const ways: readonly (readonly [Release, TransportName])[] = [
  ['v0.6', 'websocket'],
  ['v0.7', 'websocket'],
  ['v0.8', 'websocket'],
  ['v1.0', 'websocket'],
  ['v1.0.52', 'sse'],
  ['current', 'sse'],
  ['v0.6', 'polling'],
  ['current', 'polling'],
]

claimsFor('%s over %s', ways, (it, [release, transport]) => {
  for (const { title, needsPushes = false, run } of eventLaws)
    if (!needsPushes || transport !== 'polling') it(title, () => run(transportRig(release, transport)))
})

it.concurrent(law10.title, async () => {
  await Promise.all(sampled(ways, 2).map(([release, transport]) => law10.run(transportRig(release, transport))))
})
