import { setTimeout as sleep } from 'node:timers/promises'
import type { Meshery, TransportName } from '../../src/index.ts'
import type { Minutes } from './minutes.ts'
import { StateFollower } from './state-follower.ts'
import { type How, stateKinds } from './state-kinds.ts'
import type { StateWorld } from './state-world.ts'

/** How many states are followed at most at a time. */
const most = 14
/** How long after the last fault and the last change each value may take to come, in milliseconds. */
const settleMs = 20_000

/** How a run ends, after the last fault: by a gap, or only by time. */
export const ends = ['cut', 'restart', 'minutes'] as const
export type End = (typeof ends)[number]

/** The subscriptions to states of a run. */
export class States {
  readonly followers: StateFollower[] = []
  readonly #clients: readonly Meshery[]
  readonly #world: StateWorld
  readonly #how: How
  readonly #names: readonly string[]

  /** The first of the clients has most of them. */
  constructor(clients: readonly Meshery[], world: StateWorld, transports: readonly TransportName[], how: How) {
    this.#clients = clients
    this.#world = world
    this.#how = how
    const names = Object.keys(stateKinds)
    // No other state has an SSE stream.
    this.#names = transports.every((name) => name === 'sse') ? ['controllers'] : names
  }

  /** One of each. */
  async begin(): Promise<void> {
    for (const name of this.#names) this.#open(name, 'from the beginning')
    await this.#ready()
  }

  /** Opens or closes a subscription, by the dice. */
  visit(): void {
    const { dice } = this.#world
    const open = this.followers.filter((follower) => follower.open)
    const gone = open[dice.whole(0, open.length - 1)]
    if (gone && (open.length >= most || dice.chance(0.4))) void gone.close()
    else this.#come('guest')
  }

  /**
   * Makes the last changes, and waits until each subscription shows the world: after a gap, after the minutes in which a
   * client looks again in any case, or after both.
   */
  async settle(minutes: Minutes, end: End, log: (line: string) => void = () => {}): Promise<void> {
    const { fake } = this.#world
    for (let number = 0; number < 3; number++) this.#come('latecomer')
    await this.#ready()
    log('every subscription is ready')
    log(`last changes, and ${end}`)
    if (end === 'restart') {
      await fake.stop()
      this.#world.lastChanges()
      // Longer than any poll but that of the registry waits, so that each sees the gap.
      await sleep(2_300)
      await fake.start()
      await this.#wait('after a restart', (one) => !this.#sleeps(one))
    } else {
      this.#world.lastChanges()
      // v0.6 pushes nothing of a cluster that came after the connection, and what is read of it has other statuses.
      if (end === 'cut' || fake.release === 'v0.6') {
        fake.faults.cut()
        await this.#wait('after a cut', ({ subscription }) => subscription.status.state !== 'polling')
      }
    }
    // What is pushed comes before what is read, or it would count as the newer of the two.
    await sleep(200)
    log('11 minutes pass')
    minutes.pass(11)
    await this.#wait('in the end')
  }

  /** Every subscription is ready, or was refused. */
  async #ready(): Promise<void> {
    const until = Date.now() + settleMs
    const others = (): readonly StateFollower[] => this.followers.filter((one) => one.open && one.values.length === 0)
    while (Date.now() < until && others().length > 0) await sleep(20)
    for (const one of others())
      one.broken.push(`received nothing in all this time: it is ${one.subscription.status.state}`)
  }

  /** Whether it notices no gap: it is read seldom, or has found nothing to follow and looks again now and then. */
  #sleeps({ following: { name }, subscription: { status }, values }: StateFollower): boolean {
    const nothing = ['[]', '{"resources":[]}'].includes(JSON.stringify(values.at(-1)))
    return status.state === 'polling' && (nothing || name === 'subscribeMeshModelSummary')
  }

  async #wait(when: string, wanted: (one: StateFollower) => boolean = () => true): Promise<void> {
    const until = Date.now() + settleMs
    const others = (): readonly StateFollower[] =>
      this.followers.filter((one) => one.open && wanted(one) && one.difference(this.#world) !== '')
    while (Date.now() < until && others().length > 0) await sleep(50)
    for (const one of others()) one.broken.push(`${when} it ${one.difference(this.#world)}`)
  }

  problems(): readonly string[] {
    return this.followers.flatMap((follower) => follower.problems())
  }

  #come(prefix: string): void {
    const { dice } = this.#world
    this.#open(this.#names[dice.whole(0, this.#names.length - 1)] ?? '', prefix)
  }

  #open(name: string, prefix: string): void {
    const following = stateKinds[name]?.(this.#world, this.#how)
    if (!following) return
    const { dice } = this.#world
    const meshery = dice.chance(0.7) ? this.#clients[0] : this.#clients.at(-1)
    if (!meshery) return
    const options = { name: `${prefix} ${this.followers.length}`, ...(dice.chance(0.2) && { rest: dice.whole(5, 60) }) }
    this.followers.push(new StateFollower(meshery, following, options))
  }
}
