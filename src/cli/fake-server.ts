import { parseArgs } from 'node:util'
import { releases, startFakeMeshery } from '../testing/index.ts'
import type { Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { fakeServerHelp } from './help.ts'
import { readArguments, readChoice, readCount, readSpan, usageError } from './option-values.ts'
import { writeLine } from './output.ts'
import { sampleEvents } from './sample-events.ts'
import { fillWithSamples, sampleChanges } from './sample-state.ts'

/** Runs a fake Meshery until a signal ends it. */
export const fakeServer: Command = {
  summary: 'run a fake Meshery Server, to try things out',
  help: fakeServerHelp,
  async run(given, signal) {
    const { values } = readArguments(() =>
      parseArgs({
        args: [...given],
        options: {
          release: { type: 'string', default: 'current' },
          port: { type: 'string', default: '9081' },
          host: { type: 'string', default: '127.0.0.1' },
          every: { type: 'string' },
          token: { type: 'string' },
          provider: { type: 'string' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      }),
    )
    if (values.help) {
      await writeLine(fakeServerHelp, signal)
      return exitCodes.done
    }
    const { token, provider = 'Meshery', host } = values
    if (token === undefined && values.provider !== undefined) {
      throw usageError('--provider needs --token: the Local provider has no other name')
    }
    const every = values.every === undefined ? undefined : readSpan('every', values.every)
    const release = readChoice('release', values.release, releases)
    const port = readCount('port', values.port, 0, 65_535)
    const auth = token === undefined ? {} : { auth: { token, provider } }
    const fake = await startFakeMeshery({ release, port, host, ...auth }).catch((error: unknown) => {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      throw taken
        ? new Error(`Port ${port} is taken; --port takes another one, or 0 for any free one`, { cause: error })
        : error
    })
    const samples = sampleEvents()
    const changes = sampleChanges(fake)
    const move = (): void => {
      fake.events.add(samples.next().value)
      changes.next()
    }
    let timer: NodeJS.Timeout | undefined
    try {
      await fillWithSamples(fake)
      if (every !== undefined) timer = setInterval(move, every)
      await writeLine(`A fake Meshery ${release} is at ${fake.url}; Ctrl-C ends it.`, signal)
      await aborted(signal)
    } finally {
      clearInterval(timer)
      await fake.close()
    }
    return exitCodes.done
  },
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
