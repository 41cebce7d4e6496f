import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createMeshery, type MesheryEvent } from '../index.ts'
import { type FakeMeshery, startFakeMeshery } from '../testing/index.ts'
import type { Command } from './command.ts'
import { followStates, type States } from './demo-states.ts'
import { stdoutPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { demoHelp } from './help.ts'
import { teller } from './notice-text.ts'
import { readArguments } from './option-values.ts'
import { writeLine } from './output.ts'
import { sampleEvents } from './sample-events.ts'
import { paint } from './text.ts'

/** Milliseconds between two events. */
const pace = 600

/** Shows what the package does, in about 15 seconds: a fake Meshery, a client, and a network that does its worst. */
export const demo: Command = {
  summary: 'watch the package at work for about 15 seconds',
  help: demoHelp,
  async run(given, signal) {
    const { values } = readArguments(() =>
      parseArgs({ args: [...given], options: { help: { type: 'boolean', short: 'h', default: false } } }),
    )
    if (values.help) {
      await writeLine(demoHelp, signal)
      return exitCodes.done
    }
    const fake = await startFakeMeshery({ release: 'v0.8', keepAlive: 200 })
    try {
      return await show(fake, signal)
    } finally {
      await fake.close()
    }
  },
}

async function show(fake: FakeMeshery, signal: AbortSignal): Promise<number> {
  const meshery = createMeshery({
    url: fake.url,
    // Named, so that no credentials are looked for: this is no server of the user's.
    provider: 'None',
    // The defaults suit real networks, and would make this a long evening.
    timeouts: { connect: 1_000, firstByte: 700 },
    polling: { interval: 500, maxInterval: 1_000 },
    signal,
  })
  const delivered: MesheryEvent[] = []
  const write = (line: string): Promise<void> => writeLine(line, signal)
  await write(
    step(`A fake Meshery v0.8 is at ${fake.url}. The client follows its events and two states over a WebSocket.`),
  )
  const subscription = meshery.subscribeEvents(
    {},
    { onNotice: teller((text, look) => void write(`  ${paint(look, text, process.stdout)}`), 'events') },
  )
  const pretty = stdoutPrinter()
  const printed = (async () => {
    for await (const event of subscription) {
      delivered.push(event)
      await write(`  ${pretty(event)}`)
    }
  })()
  const states = followStates(meshery, fake, write)
  const samples = sampleEvents()
  const add = (): void => void fake.events.add(samples.next().value)
  let producer: NodeJS.Timeout | undefined
  try {
    // A failure comes out of what is told.
    await Promise.race([Promise.all([subscription.ready, states.ready]), printed, states.told])
    producer = setInterval(add, pace)
    await script(fake, states, write, signal)
    clearInterval(producer)
    await arrival(() => delivered.length >= fake.events.rows.length && states.agree(), signal)
    const agree = states.agree()
    await Promise.all([subscription.close(), states.close()])
    await Promise.all([printed, states.told])
    return await sum(fake, delivered, agree, write)
  } catch (error) {
    if (signal.aborted) return exitCodes.done
    throw error
  } finally {
    clearInterval(producer)
    await meshery.close()
  }
}

const step = (text: string): string => paint('bold', text, process.stdout)

/** The scenes, each told in one line. */
async function script(
  fake: FakeMeshery,
  { change }: States,
  write: (line: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal })
  // Between two events, so that none is on its way.
  await wait(2.5 * pace)
  change.restart()
  await wait(3 * pace)
  await write(step('The socket is cut and nothing gets through for 2 seconds; what is stored meanwhile is not pushed.'))
  await fake.faults.refuse()
  fake.faults.cut()
  change.finish()
  change.connect()
  await wait(2_000)
  await fake.faults.refuse(false)
  await wait(2_000)
  await write(
    step('The server becomes the current release, which has no subscriptions over WebSocket any more, but SSE.'),
  )
  await fake.become('current')
  await wait(2_000)
  change.upgrade()
  await wait(1_500)
  change.remove()
  await write(
    step('A proxy strips upgrades and holds SSE back from here on: only plain HTTP passes, so the client polls.'),
  )
  fake.faults.block('websocket')
  fake.faults.block('sse')
  fake.faults.cut()
  await wait(3_500)
}

/** Waits until everything has come, 8 seconds at most: a state may be polled every 5 seconds. */
async function arrival(complete: () => boolean, signal: AbortSignal): Promise<void> {
  const until = Date.now() + 8_000
  while (!complete() && Date.now() < until) await sleep(50, undefined, { signal })
}

async function sum(
  fake: FakeMeshery,
  delivered: readonly MesheryEvent[],
  agree: boolean,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const stored = fake.events.rows
  const same = stored.length === delivered.length && stored.every(({ id }, at) => delivered[at]?.id === id)
  const verdict = same ? 'each once and in order' : 'which differ'
  const text = `${stored.length} events were stored and ${delivered.length} delivered: ${verdict}.`
  await write(verdictLine(same, text))
  await write(
    verdictLine(agree, `Contexts and controllers ${agree ? 'ended' : 'did not end'} as they are on the server.`),
  )
  return same && agree ? exitCodes.done : exitCodes.failure
}

const verdictLine = (good: boolean, text: string): string =>
  paint(good ? ['bold', 'green'] : ['bold', 'red'], text, process.stdout)
