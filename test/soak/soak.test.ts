import { expect, test } from 'vitest'
import { createMesheryOn } from '../../src/client/meshery.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { soak } from './soak.ts'

const kit = { createMesheryOn, nodePlatform, startFakeMeshery }
const seed = Number(process.env['SOAK_SEED'] ?? 1)
const faults = Number(process.env['SOAK_FAULTS'] ?? 30)

test.each([
  ['v0.6', ['websocket', 'sse', 'polling'], []],
  ['v0.8', ['websocket', 'sse', 'polling'], []],
  ['v1.0', ['websocket', 'sse', 'polling'], []],
  ['v1.0.52', ['websocket', 'sse', 'polling'], []],
  ['current', ['websocket', 'sse', 'polling'], []],
  ['v0.8', ['polling'], ['v1.0', 'current']],
  ['v0.6', ['websocket', 'sse', 'polling'], ['v0.8', 'v1.0', 'v1.0.52', 'current']],
] as const)(
  '%s over %j, becoming %j: everything once and in order',
  async (release, transports, upgrades) => {
    const report = await soak(kit, {
      seed,
      faults,
      release,
      transports,
      upgrades,
      ...(process.env['SOAK_LOG'] ? { log: console.log } : {}),
    })
    console.log(release, JSON.stringify(report))
    expect(report.problems).toEqual([])
  },
  120_000,
)
