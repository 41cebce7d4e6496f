import { setTimeout as sleep } from 'node:timers/promises'
import type { Meshery, MesheryEvent, Subscription } from '../index.ts'
import { type FakeMeshery, startFakeMeshery } from '../testing/index.ts'
import type { Command } from './command.ts'
import type { CommandContext } from './context.ts'
import { type FollowedStates, followStates } from './demo-states.ts'
import { eventPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { noticePrinter } from './notice-text.ts'
import { sampleEvents } from './sample-events.ts'

/** Milliseconds between two events. */
const eventIntervalMs = 600

/** Shows what the package does, in about 15 seconds: a fake Meshery, a client, and a network that does its worst. */
export const demo: Command = {
  name: 'demo',
  summary: 'watch the package at work for about 15 seconds',
  description:
    'Starts a fake Meshery and follows its events, contexts and controllers for about 15 seconds, while its socket is cut, it becomes another release, and the network lets only plain HTTP pass. Ends with 0 when every event that was stored was delivered once and in order, and the contexts and controllers ended as they are on the server.',
  options: () => [],
  async run(_, context) {
    const fake = await startFakeMeshery({ release: 'v0.8', keepAlive: 200 })
    try {
      return await new Demo(fake, context).run()
    } finally {
      await fake.close()
    }
  },
}

/** One run of the demo: what it follows, what it was delivered, and the scenes. */
class Demo {
  readonly #fake: FakeMeshery
  readonly #context: CommandContext
  readonly #delivered: MesheryEvent[] = []

  constructor(fake: FakeMeshery, context: CommandContext) {
    this.#fake = fake
    this.#context = context
  }

  async run(): Promise<number> {
    const meshery = this.#context.createMeshery({
      url: this.#fake.url,
      // Named, so that no credentials are looked for: this is no server of the user's.
      provider: 'None',
      // The defaults suit real networks, and would make this a long evening.
      timeouts: { connect: 1_000, firstByte: 700 },
      polling: { interval: 500, maxInterval: 1_000 },
      signal: this.#context.signal,
    })
    try {
      await this.#writeStep(
        `A fake Meshery v0.8 is at ${this.#fake.url}. The client follows its events and two states over a WebSocket.`,
      )
      return await this.#follow(meshery)
    } catch (error) {
      if (this.#context.signal.aborted) return exitCodes.done
      throw error
    } finally {
      await meshery.close()
    }
  }

  async #follow(meshery: Meshery): Promise<number> {
    const onNotice = noticePrinter(
      (text, look) => void this.#write(`  ${this.#context.stdout.paint(look, text)}`),
      'events',
      this.#context.now,
    )
    const events = meshery.subscribeEvents({}, { onNotice })
    const printed = this.#printAll(events)
    const states = followStates(meshery, this.#fake, (text) =>
      this.#write(`  ${this.#context.stdout.paint('magenta', text)}`),
    )
    let producer: NodeJS.Timeout | undefined
    try {
      // A failure comes out of what is printed.
      await Promise.race([Promise.all([events.ready, states.ready]), printed, states.printed])
      const samples = sampleEvents()
      producer = setInterval(() => void this.#fake.events.add(samples.next().value), eventIntervalMs)
      await this.#playScenes(states)
      clearInterval(producer)
      await this.#arrival(states)
      const statesAgree = states.agree()
      await Promise.all([events.close(), states.close()])
      await Promise.all([printed, states.printed])
      return await this.#writeVerdict(statesAgree)
    } finally {
      clearInterval(producer)
    }
  }

  async #printAll(events: Subscription<MesheryEvent>): Promise<void> {
    const pretty = eventPrinter(this.#context.stdout)
    for await (const event of events) {
      this.#delivered.push(event)
      await this.#write(`  ${pretty(event)}`)
    }
  }

  /** The scenes, each described in one line. */
  async #playScenes({ change }: FollowedStates): Promise<void> {
    const { faults } = this.#fake
    // Between two events, so that none is on its way.
    await this.#wait(2.5 * eventIntervalMs)
    change.restart()
    await this.#wait(3 * eventIntervalMs)
    await this.#writeStep(
      'The socket is cut and nothing gets through for 2 seconds; what is stored meanwhile is not pushed.',
    )
    await faults.refuse()
    faults.cut()
    change.finish()
    change.connect()
    await this.#wait(2_000)
    await faults.refuse(false)
    await this.#wait(2_000)
    await this.#writeStep(
      'The server becomes the current release, which has no subscriptions over WebSocket any more, but SSE.',
    )
    await this.#fake.become('current')
    await this.#wait(2_000)
    change.upgrade()
    await this.#wait(1_500)
    change.remove()
    await this.#writeStep(
      'A proxy strips upgrades and holds SSE back from here on: only plain HTTP passes, so the client polls.',
    )
    faults.block('websocket')
    faults.block('sse')
    faults.cut()
    await this.#wait(3_500)
  }

  /** Waits until everything has come, 8 seconds at most: a state may be polled every 5 seconds. */
  async #arrival(states: FollowedStates): Promise<void> {
    const { now } = this.#context
    const deadline = now() + 8_000
    const isComplete = (): boolean => this.#delivered.length >= this.#fake.events.rows.length && states.agree()
    while (!isComplete() && now() < deadline) await this.#wait(50)
  }

  async #writeVerdict(statesAgree: boolean): Promise<number> {
    const stored = this.#fake.events.rows
    const eventsAgree =
      stored.length === this.#delivered.length && stored.every(({ id }, at) => this.#delivered[at]?.id === id)
    const verdict = eventsAgree ? 'each once and in order' : 'which differ'
    await this.#writeResult(
      eventsAgree,
      `${stored.length} events were stored and ${this.#delivered.length} delivered: ${verdict}.`,
    )
    await this.#writeResult(
      statesAgree,
      `Contexts and controllers ${statesAgree ? 'ended' : 'did not end'} as they are on the server.`,
    )
    return eventsAgree && statesAgree ? exitCodes.done : exitCodes.failure
  }

  #writeResult(isGood: boolean, text: string): Promise<void> {
    return this.#write(this.#context.stdout.paint(['bold', isGood ? 'green' : 'red'], text))
  }

  #writeStep(text: string): Promise<void> {
    return this.#write(this.#context.stdout.paint('bold', text))
  }

  #write(line: string): Promise<void> {
    return this.#context.stdout.writeLine(line, this.#context.signal)
  }

  #wait(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#context.signal })
  }
}
