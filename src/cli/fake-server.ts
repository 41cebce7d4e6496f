import { codeOf } from '../base/thrown.ts'
import { type FakeMeshery, releases, startFakeMeshery } from '../testing/index.ts'
import { aborted } from './aborted.ts'
import type { Command, Given } from './command.ts'
import type { CommandContext } from './context.ts'
import { exitCodes } from './exit-codes.ts'
import { type OptionValues, readChoice, readCount, readSpan, usageError, valueOption } from './option-values.ts'
import { sampleEvents } from './sample-events.ts'
import { fillWithSamples, sampleChanges } from './sample-state.ts'

/** Runs a fake Meshery until a signal ends it. */
export const fakeServer: Command = {
  name: 'fake-server',
  summary: 'run a fake Meshery Server, to try things out',
  description:
    'Runs a fake Meshery Server, to try things out. It prints its address once it listens. It has two clusters, a few designs, performance profiles and models.',
  notes: [
    {
      heading: 'Examples:',
      items: [
        ['meshery-live fake-server --every 2s', 'the current release, with an event every 2 s'],
        ['meshery-live fake-server --release v0.8 --port 9081', 'another release'],
      ],
    },
  ],
  options: () => [
    valueOption('--release <RELEASE>', 'v0.6, v0.7, v0.8, v1.0, v1.0.52 or current (default)', releases),
    valueOption('--port <PORT>', 'default 9081; 0 takes any free one'),
    valueOption('--host <ADDRESS>', 'the address to listen on; default 127.0.0.1'),
    valueOption('--every <SPAN>', 'every so often (500ms, 2s, 1m) add an event and change something; default: never'),
    valueOption('--token <TOKEN>', 'let in only who has this token; default: everybody'),
    valueOption('--provider <NAME>', 'the provider that goes with --token; default Meshery'),
  ],
  run: runFakeServer,
}

async function runFakeServer({ options: values }: Given, { stdout, signal }: CommandContext): Promise<number> {
  const every = values.text('every')
  const everyMs = every === undefined ? undefined : readSpan('every', every)
  const fake = await startedFake(values)
  let timer: NodeJS.Timeout | undefined
  try {
    await fillWithSamples(fake)
    if (everyMs !== undefined) timer = setInterval(sampleStep(fake), everyMs)
    await stdout.writeLine(`A fake Meshery ${fake.release} is at ${fake.url}; Ctrl-C ends it.`, signal)
    await aborted(signal)
  } finally {
    clearInterval(timer)
    await fake.close()
  }
  return exitCodes.done
}

/** The codes by which the system says that a host is not one of this machine. */
const addressErrors: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL'])

/** @throws MesheryError INVALID_OPTION; an Error that names the port, when it is taken. */
async function startedFake(values: OptionValues): Promise<FakeMeshery> {
  const auth = readAuth(values)
  const release = readChoice('release', values.text('release') ?? 'current', releases)
  const port = readCount('port', values.text('port') ?? '9081', 0, 65_535)
  const host = values.text('host') ?? '127.0.0.1'
  try {
    return await startFakeMeshery({ release, port, host, ...auth })
  } catch (error) {
    if (addressErrors.has(codeOf(error)))
      throw usageError(`--host was given ${JSON.stringify(host)}, which is no address of this machine`, error)
    if (codeOf(error) !== 'EADDRINUSE') throw error
    throw new Error(`Port ${port} is taken; --port takes another one, or 0 for any free one`, { cause: error })
  }
}

function readAuth(values: OptionValues): { readonly auth?: { readonly token: string; readonly provider: string } } {
  const [token, provider] = [values.text('token'), values.text('provider')]
  if (token !== undefined) return { auth: { token, provider: provider ?? 'Meshery' } }
  if (provider !== undefined) throw usageError('--provider needs --token: the Local provider has no other name')
  return {}
}

/** What adds an event and changes something each time that it is called. */
function sampleStep(fake: FakeMeshery): () => void {
  const samples = sampleEvents()
  const changes = sampleChanges(fake)
  return () => {
    fake.events.add(samples.next().value)
    changes.next()
  }
}
