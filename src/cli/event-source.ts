import type { Option } from 'commander'
import type { EventSourceFunction } from '../client/event-source.ts'
import type { MesheryOptions } from '../index.ts'
import { nats } from '../nats/nats.ts'
import type { Io } from './io.ts'
import { fromEnvironment, natsOptionNames, natsOptions, readNats } from './nats-options.ts'
import { namingOptions, type OptionValues, underHeading, usageError, valueOption } from './option-values.ts'

/** Where to follow events in place of a Meshery Server. */
export const sourceOptions = (): readonly Option[] =>
  underHeading('Where from', [
    valueOption(
      '--from <ADDRESS>',
      'follow what relays wrote to NATS, in place of a Meshery Server: nats://HOST:PORT (several by commas); or env:NAME, the variable that has the address. Not beside --tail, nor beside what says how to reach a Meshery Server',
    ),
    ...natsOptions(', which a relay makes'),
  ])

/** Where events come from in place of a Meshery Server. */
export interface ChosenSource {
  /** For people, without a login. */
  readonly name: string
  readonly source: EventSourceFunction
}

/** The options that are about a Meshery Server. */
const serverOptionNames = [
  ...['url', 'context', 'token', 'provider', 'proxy', 'transport'],
  ...['ca-file', 'client-cert', 'client-key', 'insecure', 'tail'],
]

/** The options of a stream whose names differ at a command line. */
const commandNames: ReadonlyMap<unknown, string> = new Map([
  ['servers', 'from'],
  ['credentials', 'nats-creds'],
])

/**
 * Undefined without `--from`.
 * @throws MesheryError INVALID_OPTION
 */
export function readSource(values: OptionValues, env: Io['env']): ChosenSource | undefined {
  const given = values.text('from')
  const isGiven = (name: string): boolean =>
    (values.text(name) ?? values.texts(name)) !== undefined || values.flag(name)
  if (given === undefined) {
    const stray = natsOptionNames.find(isGiven)
    if (stray !== undefined) throw usageError(`--${stray} needs --from`)
    return undefined
  }
  const wrong = serverOptionNames.find(isGiven)
  if (wrong !== undefined) throw usageError(`--${wrong} is for a Meshery Server, and was given beside --from`)
  const options = readNats('from', fromEnvironment('from', given, env), values)
  const hosts = [options.servers].flat().map((server) => new URL(server).host)
  return {
    name: `the stream ${options.stream ?? 'MESHERY'} of nats://${hosts.join(',')}`,
    source: namingOptions(commandNames, () => nats(options)),
  }
}

/** A client that sends no request needs an address all the same, and nothing of the environment. */
export const noServer: MesheryOptions = { url: 'http://localhost:9081', token: '', provider: 'None', proxy: false }
