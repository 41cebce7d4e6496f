import type { TransportName } from '../../src/index.ts'
import type { FakeMeshery, Garbage, Release, WrongStatus } from '../../src/testing/index.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'

/** What a fault acts upon. */
export interface Scene {
  readonly fake: FakeMeshery
  readonly dice: Dice
  readonly ledger: Ledger
  /** The releases that the server may become. */
  readonly upgrades: readonly Release[]
  /** The transports that the clients may use. */
  readonly transports: readonly TransportName[]
  /** Undoes a fault after a while, or at the end of the run. */
  later(ms: number, undo: () => void | Promise<void>): void
}

type Trouble = (scene: Scene) => void | Promise<void>

const during =
  (most: number, begin: (scene: Scene) => () => void | Promise<void>): Trouble =>
  (scene) =>
    scene.later(scene.dice.whole(50, most), begin(scene))

const burst = ({ ledger, dice }: Scene, count: number): void => {
  for (let number = 0; number < count; number++)
    ledger.add({ severity: dice.pick(['error', 'informational']) }, { push: dice.chance(0.9) })
}

/** Everything that goes wrong in a run. The number is the weight of the fault. */
export const troubles: Readonly<Record<string, readonly [weight: number, trouble: Trouble]>> = {
  cut: [6, ({ fake }) => fake.faults.cut()],
  end: [4, ({ fake, dice }) => fake.faults.endChannels(dice.pick([1000, 1001, 1011, 1012, 4400]), 'terminated')],
  refuse: [
    4,
    during(900, ({ fake }) => {
      void fake.faults.refuse()
      return () => fake.faults.refuse(false)
    }),
  ],
  freeze: [
    4,
    during(1_500, ({ fake }) => {
      fake.faults.freeze()
      return () => fake.faults.thaw()
    }),
  ],
  restart: [
    4,
    during(900, ({ fake }) => {
      void fake.stop()
      return () => fake.start()
    }),
  ],
  upgrade: [
    2,
    async ({ fake, dice, upgrades: [first, ...others] }) => {
      if (first) await fake.become(dice.pick([first, ...others]))
    },
  ],
  'lose a few pushes': [5, ({ fake, dice }) => fake.faults.dropPushes(dice.whole(1, 10))],
  'lose all pushes': [
    2,
    during(900, ({ fake }) => {
      fake.faults.dropPushes(true)
      return () => fake.faults.dropPushes(false)
    }),
  ],
  'push into one slot': [
    3,
    during(900, ({ fake }) => {
      fake.faults.oneSlot()
      return () => fake.faults.oneSlot(false)
    }),
  ],
  'push twice': [
    4,
    during(900, ({ fake }) => {
      fake.faults.duplicatePushes()
      return () => fake.faults.duplicatePushes(false)
    }),
  ],
  'insert late': [
    6,
    ({ ledger, dice }) => {
      for (let number = dice.whole(1, 3); number > 0; number--)
        ledger.insertLate(dice.whole(1, 10), { push: dice.chance(0.5) })
    },
  ],
  'store after the push': [
    4,
    ({ ledger, dice, later }) => {
      const event = ledger.add({}, { store: false })
      later(dice.whole(5, 400), () => ledger.storeAfterwards(event))
    },
  ],
  'push without storing': [2, ({ ledger }) => void ledger.add({}, { store: false })],
  'delete old rows': [2, (scene) => remove(scene, 60)],
  'delete new rows': [4, (scene) => remove(scene, 8)],
  'system events': [4, systemEvents],
  'slow store': [
    4,
    during(900, ({ fake, dice }) => {
      fake.faults.slowStore(dice.whole(50, 500))
      return () => fake.faults.slowStore(0)
    }),
  ],
  'store fails': [5, answers('store', [500, 502, 503, 404])],
  'store sends Retry-After': [
    2,
    ({ fake, dice }) => fake.faults.answer('store', 429, { headers: { 'retry-after': '1' }, times: dice.whole(1, 2) }),
  ],
  'upgrade fails': [3, answers('upgrade', [500, 502, 503])],
  'sse fails': [3, answers('sse', [500, 502, 503])],
  'a gateway refuses upgrades': [3, gateway('upgrade')],
  'a gateway refuses sse': [3, gateway('sse')],
  'all fails': [2, answers('everything', [502, 503])],
  'reads fail': [5, answers('rest', [500, 502, 503, 404])],
  'queries fail': [3, answers('graphql', [500, 502, 503])],
  'reads get Retry-After': [
    2,
    ({ fake, dice }) => fake.faults.answer('rest', 429, { headers: { 'retry-after': '1' }, times: dice.whole(1, 2) }),
  ],
  'slow reads': [
    4,
    during(900, ({ fake, dice }) => {
      fake.faults.slowRest(dice.whole(50, 500))
      return () => fake.faults.slowRest(0)
    }),
  ],
  'newest first': [
    1,
    during(900, ({ fake, ledger }) => {
      ledger.tiesCount = false
      fake.faults.ignoreAscending()
      return () => fake.faults.ignoreAscending(false)
    }),
  ],
  'no total': [
    1,
    during(900, ({ fake, ledger }) => {
      ledger.tiesCount = false
      fake.faults.zeroTotal()
      return () => fake.faults.zeroTotal(false)
    }),
  ],
  'wrong pages': [
    2,
    during(900, ({ fake, dice }) => {
      fake.faults.wrongPages(dice.pick(['first', 'last']))
      return () => fake.faults.wrongPages(undefined)
    }),
  ],
  'small pages': [
    2,
    during(1_500, ({ fake, dice }) => {
      fake.faults.capPages(dice.whole(1, 30))
      return () => fake.faults.capPages(undefined)
    }),
  ],
  'bodies break': [
    3,
    during(900, ({ fake, dice }) => {
      fake.faults.breakBodies(dice.pick(['stall', 'cut']))
      return () => fake.faults.breakBodies(undefined)
    }),
  ],
  garbage: [
    2,
    ({ fake, dice }) => {
      const kind = dice.pick<Garbage>(['binary', 'broken-json', 'not-an-object', 'unknown-id', 'huge'])
      fake.faults.garbage(kind, kind === 'huge' ? 300_000 : undefined)
    },
  ],
  'a front end compresses': [
    2,
    during(1_500, ({ fake }) => {
      fake.faults.compress()
      return () => fake.faults.compress(false)
    }),
  ],
  'pushing stops': [1, ({ fake }) => fake.faults.dropPushes(true)],
  'block websockets': [1, during(900, ({ fake }) => block(fake, 'websocket'))],
  'block sse': [1, during(1_500, ({ fake }) => block(fake, 'sse'))],
  'connections are cut early': [
    1,
    during(900, ({ fake, dice }) => {
      fake.faults.cutYoung(dice.whole(5, 300))
      return () => fake.faults.cutYoung(undefined)
    }),
  ],
  'late ack': [
    1,
    during(900, ({ fake, dice }) => {
      fake.faults.delayAck(dice.pick([50, 300, Number.POSITIVE_INFINITY]))
      return () => fake.faults.delayAck(0)
    }),
  ],
  burst: [3, (scene) => burst(scene, scene.dice.whole(100, 160))],
  flood: [1, (scene) => burst(scene, scene.dice.whole(3_000, 4_000))],
  'big burst': [1, (scene) => burst(scene, scene.dice.whole(1_000, 1_300))],
}

function systemEvents({ ledger, dice }: Scene): void {
  for (let number = dice.whole(1, 4); number > 0; number--) ledger.add({ system: true })
}

function remove({ fake, ledger, dice }: Scene, newest: number): void {
  const rows = fake.events.rows.slice(newest > 10 ? 0 : -newest, newest > 10 ? -newest : undefined)
  for (let number = dice.whole(1, 3); number > 0; number--) {
    const row = rows[dice.whole(0, rows.length - 1)]
    if (row) ledger.remove(row)
  }
}

function answers(
  target: 'store' | 'rest' | 'graphql' | 'upgrade' | 'sse' | 'everything',
  statuses: readonly [number, ...number[]],
): Trouble {
  return ({ fake, dice, later }) => {
    const status = dice.pick(statuses)
    if (dice.chance(0.5)) return fake.faults.answer(target, status, { times: dice.whole(1, 4) })
    fake.faults.answer(target, status)
    later(dice.whole(50, 900), () => fake.faults.answer(target, undefined))
  }
}

/** The responses of a gateway to a transport that it does not pass, in place of Meshery. */
const passing: readonly [WrongStatus, ...WrongStatus[]] = [500, 502, 503, 504, 'reset', 'silence']
const refusals: readonly [WrongStatus, ...WrongStatus[]] = [...passing, 400, 401, 403, 404, 405, 422, 426]

/** Long enough, now and then, that the transport is left for another one. */
function gateway(target: 'upgrade' | 'sse'): Trouble {
  return during(5_000, ({ fake, dice, transports }) => {
    // A permanent refusal ends a stream that begins meanwhile, where it has no fallback.
    fake.faults.answer(target, dice.pick(transports.includes('polling') ? refusals : passing))
    if (dice.chance(0.5)) fake.faults.cut()
    return () => fake.faults.answer(target, undefined)
  })
}

function block(fake: FakeMeshery, transport: 'websocket' | 'sse'): () => void {
  fake.faults.block(transport)
  return () => fake.faults.block(transport, false)
}

/** Faults in the order of the store, after which rows of the same time have no order. */
const unordered = ['newest first', 'no total']

/** One of them, by the dice. */
export function pickTrouble(dice: Dice, ordered: boolean): { readonly name: string; readonly trouble: Trouble } {
  const table = Object.entries(troubles).filter(([name]) => ordered || !unordered.includes(name))
  let place = dice.next() * table.reduce((sum, [, [weight]]) => sum + weight, 0)
  for (const [name, [weight, trouble]] of table) {
    place -= weight
    if (place < 0) return { name, trouble }
  }
  throw new RangeError('The weights do not add up')
}
