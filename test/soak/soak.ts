import { setTimeout as sleep } from 'node:timers/promises'
import type { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import type { nodePlatform } from '../../src/platform/node.ts'
import type { FakeMeshery, NewEvent, Release, startFakeMeshery } from '../../src/testing/index.ts'
import { Dials } from './dials.ts'
import { Dice } from './dice.ts'
import { asPushed, Follower } from './follower.ts'
import { Leaks } from './leaks.ts'
import { type Entry, Ledger } from './ledger.ts'
import { Minutes } from './minutes.ts'
import { Probe } from './probe.ts'
import { StateWorld } from './state-world.ts'
import { type End, ends, States } from './states.ts'
import { Trace } from './trace.ts'
import { pickTrouble, type Scene } from './troubles.ts'

/** The parts of the package that a run needs: from the sources, or as built. */
export interface Kit {
  readonly createMesheryOn: typeof createMesheryOn
  readonly nodePlatform: typeof nodePlatform
  readonly startFakeMeshery: typeof startFakeMeshery
}

export interface SoakOptions {
  readonly seed: number
  /** How many faults are injected into the server. */
  readonly faults: number
  readonly release: Release
  /** The releases that the server may become during the run. */
  readonly upgrades?: readonly Release[]
  readonly transports: readonly TransportName[]
  /** How it ends. Default: by the dice. */
  readonly end?: End
  /** Called at each step. */
  readonly log?: (line: string) => void
}

export interface SoakReport {
  readonly faults: number
  readonly stored: number
  /** Over all subscriptions. */
  readonly received: number
  readonly asPushed: number
  readonly subscriptions: number
  readonly states: StatesReport
  readonly dials: number
  readonly milliseconds: number
  /** The broken laws. Empty is the aim. */
  readonly problems: readonly string[]
  /** If something was missing: what the subscriptions reported last, and what the clients asked. */
  readonly trace: readonly string[]
}

/** What was done with states. */
export interface StatesReport {
  readonly changes: number
  /** Over all subscriptions. */
  readonly values: number
  readonly subscriptions: number
  /** Of these, those that never began, since another server answered in the place of Meshery. */
  readonly refused: number
}

/** Every wait is short here, so that a fault takes a moment. */
const hasty: MesheryOptions = {
  timeouts: { connect: 700, request: 900, ping: 300, pong: 300, silence: 1_000, firstByte: 1_000, close: 500 },
  polling: { interval: 150, maxInterval: 400 },
  settle: 250,
}

/** The user of the token, with a remote provider. */
const userID = '55555555-0000-4000-8000-000000000001'

/**
 * How long a subscription may get none of the events that it misses once the faults are over, in milliseconds. All waits of a client
 * take less together: a failed read is tried again after 2 s (3 s with `Retry-After`), a page that cannot be right after 1 s, up to three
 * times, and rows that only others have read are looked for once a second. Only time in which the server answers promptly counts here
 * and below, since the timeouts of a run are short: on a busy machine every request may exceed them.
 */
const stallMs = 25_000
/** After the faults, every missing event must arrive within this time, and so much more for each event that was stored. */
const settleMs = 100_000
/** A slow reader rests up to 30 ms after every tenth event; on a busy machine the event loop takes a multiple of that. */
const settleMsPerEvent = 20
/** How much longer it may take by the clock. */
const busyFactor = 3
const roundMs = 50

/** One server, one client with several subscriptions, and faults by the dice of the seed. */
export async function soak(kit: Kit, options: SoakOptions): Promise<SoakReport> {
  const began = performance.now()
  const dice = new Dice(options.seed)
  const problems: string[] = []
  const leaks = new Leaks()
  const trace = new Trace()
  const minutes = new Minutes()
  const rejected = (reason: unknown): void => void problems.push(`unhandled rejection: ${String(reason)}`)
  process.on('unhandledRejection', rejected)
  // A server that lists in another order in the middle of many rows of the same time shows them in no order at all: so a
  // run has either bursts within a moment or another order, by the dice.
  const fine = dice.chance(0.5)
  const remote = dice.chance(0.5)
  const identity = remote ? { provider: 'Meshery', token: 'token-of-the-user' } : { provider: 'None' }
  const fake = await kit.startFakeMeshery({
    release: options.release,
    ...(remote && { auth: { provider: 'Meshery', token: 'token-of-the-user', userID } }),
    clock: fine ? fineClock() : Date.now,
    keepAlive: 300,
    seed: history(dice.whole(0, 150)),
  })
  const { upgrades = [], transports } = options
  // All of them is the default, except that performance is polled then.
  const named = transports.length < 3 || dice.chance(0.5)
  const dials: Dials[] = []
  const connect = (): Meshery => {
    const own = new Dials()
    dials.push(own)
    const platform = trace.watch(own.watch(kit.nodePlatform()), `client ${dials.length}`)
    return kit.createMesheryOn(platform)({
      url: fake.url,
      ...identity,
      ...(named && { transports }),
      buffer: 400,
      ...hasty,
    })
  }
  const meshery = connect()
  const clients = dice.chance(0.4) ? [meshery, connect()] : [meshery]
  const world = new StateWorld(fake, dice, remote)
  const states = new States(clients, world, transports, { stays: upgrades.length === 0 })
  const run = new Run({ fake, ledger: new Ledger(fake), dice, options, fine, states, world, trace })
  try {
    run.follow(meshery)
    await Promise.all(run.followers.map(({ subscription }) => subscription.ready))
    await states.begin()
    options.log?.('begun')
    await run.troubles(meshery)
    await run.settle()
    options.log?.('every event has come')
    await states.settle(minutes, options.end ?? dice.pick(ends), options.log)
    problems.push(...run.problems(), ...states.problems(), ...dials.flatMap((one) => one.problems()))
    const closing = performance.now()
    await Promise.all(clients.map((client) => client.close()))
    const took = performance.now() - closing
    if (took > 2_000) problems.push(`close() took ${Math.round(took)} ms`)
    await Promise.all([...run.followers, ...states.followers].map(({ finished }) => finished))
  } finally {
    await fake.close()
    // Destroyed sockets are closed a turn later.
    await sleep(50)
    leaks.stop()
    minutes.stop()
    process.off('unhandledRejection', rejected)
  }
  problems.push(...leaks.left().map((leak) => `left behind: ${leak}`))
  const received = run.followers.flatMap((follower) => follower.received)
  return {
    faults: options.faults,
    stored: run.ledger.size,
    received: received.length,
    asPushed: received.filter(asPushed).length,
    subscriptions: run.followers.length,
    states: {
      changes: world.changes,
      values: states.followers.reduce((sum, { values }) => sum + values.length, 0),
      subscriptions: states.followers.length,
      refused: states.followers.filter(({ refused }) => refused).length,
    },
    dials: dials.reduce((sum, { count }) => sum + count, 0),
    milliseconds: Math.round(performance.now() - began),
    problems,
    trace: run.stalled,
  }
}

type Meshery = ReturnType<ReturnType<typeof createMesheryOn>>

interface Parts {
  readonly fake: FakeMeshery
  readonly ledger: Ledger
  readonly dice: Dice
  readonly options: SoakOptions
  /** Whether each time of the fake's clock is different. */
  readonly fine: boolean
  readonly states: States
  readonly world: StateWorld
  readonly trace: Trace
}

class Run {
  readonly followers: Follower[] = []
  readonly ledger: Ledger
  readonly #fake: FakeMeshery
  readonly #dice: Dice
  readonly #options: SoakOptions
  readonly #fine: boolean
  readonly #states: States
  readonly #world: StateWorld
  readonly #trace: Trace
  /** The trace of the moment at which the run gave up waiting. */
  stalled: readonly string[] = []
  readonly #undone = new Set<() => Promise<void>>()

  constructor({ fake, ledger, dice, options, fine, states, world, trace }: Parts) {
    this.#trace = trace
    this.#fake = fake
    this.ledger = ledger
    this.#dice = dice
    this.#options = options
    this.#fine = fine
    this.#states = states
    this.#world = world
  }

  follow(meshery: Meshery): void {
    const add = (options: ConstructorParameters<typeof Follower>[2]): void =>
      void this.followers.push(new Follower(meshery, this.ledger, options))
    add({ name: 'plain' })
    add({ name: 'filtered', arguments: { severity: 'error' }, accepts: ({ severity }) => severity === 'error' })
    add({ name: 'slow', buffer: this.#dice.whole(1, 40), rest: this.#dice.whole(5, 30) })
    add({ name: 'from the beginning', arguments: { since: '1d' }, buffer: 50, wants: () => true })
  }

  async troubles(meshery: Meshery): Promise<void> {
    const { faults, upgrades = [], transports, log } = this.#options
    const { ledger } = this
    const scene: Scene = {
      fake: this.#fake,
      dice: this.#dice,
      ledger,
      upgrades,
      transports,
      later: (ms, undo) => this.#later(ms, undo),
    }
    for (let number = 0; number < faults; number++) {
      const { name, trouble } = pickTrouble(this.#dice, this.#fine)
      log?.(`${number} ${name}`)
      await trouble(scene)
      if (this.#dice.chance(0.15)) this.#visit(meshery)
      if (this.#dice.chance(0.3)) this.#states.visit()
      for (let changes = this.#dice.whole(0, 3); changes > 0; changes--) this.#world.change()
      for (let events = this.#dice.whole(0, 3); events > 0; events--)
        ledger.add({ severity: this.#dice.pick(['error', 'informational']) })
      await sleep(this.#dice.whole(10, 180))
    }
  }

  /** Ends all faults, and waits until nothing is missing; adds an event now and then, since pushes may have been lost. */
  async settle(): Promise<void> {
    for (const undo of [...this.#undone]) await undo()
    await this.#fake.faults.calm()
    this.#options.log?.('calm')
    const limitMs = settleMs + settleMsPerEvent * this.ledger.size
    const probe = new Probe(this.#fake.url)
    const began = performance.now()
    let waitedMs = 0
    for (let round = 0; ; round++) {
      if (round % 40 === 0) this.ledger.add({ severity: 'error', description: `Read again ${round / 40}` })
      await sleep(roundMs)
      const countedMs = probe.isPrompt() ? roundMs : 0
      waitedMs += countedMs
      const open = this.followers.filter(({ closed }) => !closed)
      const quietMs = open.map((follower) => follower.quietMs(countedMs))
      if (open.every((follower) => follower.missing().length === 0)) break
      const isOver = waitedMs > limitMs || performance.now() - began > busyFactor * limitMs
      if (!isOver && Math.max(...quietMs) < stallMs) continue
      this.stalled = this.#lastSteps(waitedMs)
      break
    }
    // What was delivered as a row must not come again as pushed.
    await sleep(700)
  }

  #lastSteps(waitedMs: number): readonly string[] {
    const since = (at: number): string => `${this.#trace.since(at)} ms`
    const followers = this.followers.filter(({ closed }) => !closed)
    return [
      `given up after ${since(performance.now())}, ${waitedMs} ms of them after the faults and with prompt answers`,
      ...followers.flatMap((follower) => follower.lastSteps(since)),
      ...this.#trace.lines(),
    ]
  }

  problems(): readonly string[] {
    return this.followers.flatMap((follower) => follower.problems().map((problem) => `${follower.name}: ${problem}`))
  }

  /** Subscriptions start and end, some of them after an event, as a program that resumes. */
  #visit(meshery: Meshery): void {
    const guests = this.followers.filter(({ name, closed }) => name.startsWith('guest') && !closed)
    const [oldest] = guests
    if (oldest && (guests.length > 3 || this.#dice.chance(0.4))) {
      void oldest.close()
      return
    }
    const name = `guest ${this.followers.length}`
    const known = this.followers[0]?.received.slice(-200) ?? []
    const since = known[this.#dice.whole(0, known.length - 1)]
    const from = since && this.ledger.of(since)
    if (!since || !from || from.optional || from.removed || this.#dice.chance(0.4)) {
      this.followers.push(new Follower(meshery, this.ledger, { name, buffer: this.#dice.whole(1, 100) }))
      return
    }
    const wants = (entry: Entry): boolean => this.ledger.after(entry, from) && entry.at > from.at
    this.followers.push(
      new Follower(meshery, this.ledger, { name: `${name} since`, arguments: { since }, from, wants }),
    )
  }

  #later(ms: number, undo: () => void | Promise<void>): void {
    const once = async (): Promise<void> => {
      if (!this.#undone.delete(once)) return
      clearTimeout(timer)
      await undo()
    }
    const timer = setTimeout(once, ms)
    this.#undone.add(once)
  }
}

/** Rows of an hour ago, some of the same time. */
const history = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    createdAt: new Date(Date.now() - 3_600_000 + Math.floor(index / 3)).toISOString(),
  }))

/** A clock that hardly ever returns a time twice, however fast it is read. */
const fineClock = (): (() => number) => {
  let last = 0
  return () => {
    last = Math.max(Date.now(), last + 0.4)
    return Math.floor(last)
  }
}
