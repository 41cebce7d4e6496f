import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createMeshery, type MesheryEvent } from '../index.ts'
import { type FakeMeshery, startFakeMeshery } from '../testing/index.ts'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { demoHelp } from './help.ts'
import { teller } from './notice-text.ts'
import { writeLine } from './output.ts'
import { sampleEvents } from './sample-events.ts'
import { paint, prettyEvent } from './text.ts'

/** Milliseconds between two events. */
const pace = 600

/** Shows what the package does, in about 15 seconds: a fake Meshery, a client, and a network that does its worst. */
export const demo: Command = {
  summary: 'watch the package at work for about 15 seconds',
  help: demoHelp,
  async run(given, signal) {
    const { values } = readArguments('demo', () =>
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
  await write(step(`A fake Meshery v0.8 is at ${fake.url}. The client subscribes to its events over a WebSocket.`))
  const subscription = meshery.subscribeEvents(
    {},
    { onNotice: teller((text, look) => void write(`  ${paint(look, text, process.stdout)}`), 'events') },
  )
  const printed = (async () => {
    for await (const event of subscription) {
      delivered.push(event)
      await write(`  ${prettyEvent(event, process.stdout)}`)
    }
  })()
  const samples = sampleEvents()
  const add = (): void => void fake.events.add(samples.next().value)
  let producer: NodeJS.Timeout | undefined
  try {
    // A failure comes out of `printed`.
    await Promise.race([subscription.ready, printed])
    producer = setInterval(add, pace)
    await script(fake, write, signal)
    clearInterval(producer)
    await arrival(fake, delivered, signal)
    await subscription.close()
    await printed
    return await sum(fake, delivered, write)
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
async function script(fake: FakeMeshery, write: (line: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal })
  // Between two events, so that none is on its way.
  await wait(5.5 * pace)
  await write(step('The socket is cut and nothing gets through for 2 seconds; what is stored meanwhile is not pushed.'))
  await fake.faults.refuse()
  fake.faults.cut()
  await wait(2_000)
  await fake.faults.refuse(false)
  await wait(2_000)
  await write(
    step('The server becomes the current release, which has no subscriptions over WebSocket any more, but SSE.'),
  )
  await fake.become('current')
  await wait(3_500)
  await write(step('The network lets only plain HTTP pass from here on, so the client polls.'))
  fake.faults.block('websocket')
  fake.faults.block('sse')
  fake.faults.cut()
  await wait(3_500)
}

/** Waits until as many events are delivered as are stored, 5 seconds at most. */
async function arrival(fake: FakeMeshery, delivered: readonly unknown[], signal: AbortSignal): Promise<void> {
  const until = Date.now() + 5_000
  while (delivered.length < fake.events.rows.length && Date.now() < until) await sleep(50, undefined, { signal })
}

async function sum(
  fake: FakeMeshery,
  delivered: readonly MesheryEvent[],
  write: (line: string) => Promise<void>,
): Promise<number> {
  const stored = fake.events.rows
  const same = stored.length === delivered.length && stored.every(({ id }, at) => delivered[at]?.id === id)
  const verdict = same ? 'each once and in order' : 'which differ'
  const text = `${stored.length} events were stored and ${delivered.length} delivered: ${verdict}.`
  await write(paint(same ? ['bold', 'green'] : ['bold', 'red'], text, process.stdout))
  return same ? exitCodes.done : exitCodes.failure
}
