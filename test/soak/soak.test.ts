import { expect, test } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { TransportName } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { soak } from './soak.ts'
import type { End } from './states.ts'

/** A short run of `npm run soak`. SOAK_SEED repeats the same random choices. */
const seed = Number(process.env['SOAK_SEED'] ?? 1)
const faults = Number(process.env['SOAK_FAULTS'] ?? 10)
const all: readonly TransportName[] = ['websocket', 'sse', 'polling']

const runs: readonly (readonly [Release, readonly TransportName[], End, readonly Release[]])[] = [
  ['v0.7', all, 'minutes', []],
  ['v0.8', ['websocket'], 'cut', []],
  ['v1.0.52', all, 'minutes', []],
  ['current', ['sse', 'polling'], 'cut', []],
  ['v0.6', all, 'restart', ['v0.7', 'v0.8', 'v1.0', 'v1.0.52', 'current']],
]

test.each(runs)(
  "%s over %j, ended by %s, becoming %j: every event comes once and in order, every state is the server's in the end",
  async (...run) => {
    const [release, transports, end, upgrades] = run
    const report = await soak(
      { createMesheryOn, nodePlatform, startFakeMeshery },
      { seed, faults, release, transports, end, upgrades },
    )
    expect({ seed, problems: report.problems }).toEqual({ seed, problems: [] })
    expect(report.received).toBeGreaterThan(0)
    expect(report.states.values).toBeGreaterThan(0)
  },
  120_000,
)
