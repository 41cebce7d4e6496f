import { Option } from 'commander'
import type { MesheryOptions, TlsOptions, TransportName } from '../index.ts'
import { readTextFile } from './file-options.ts'
import { connectionHeading } from './help.ts'
import {
  listOption,
  type OptionValues,
  readChoices,
  readCount,
  readSpan,
  underHeading,
  usageError,
  valueOption,
} from './option-values.ts'
import { colorChoices } from './output.ts'
import { type OutputOptions, outputFormats, readOutput } from './value-format.ts'

const transportNames = ['websocket', 'sse', 'polling'] as const satisfies readonly TransportName[]

/** The address of the server. */
const serverOptions = (): readonly Option[] => [
  valueOption('--url <URL>', "default: MESHERY_URL, else mesheryctl's current context, else http://localhost:9081"),
  valueOption(
    '-c, --context <NAME>',
    'a context of mesheryctl in place of the current one: its endpoint, unless --url is given, and its token. No variable MESHERY_... is read then',
  ),
]

/** The network on the way to the server. */
const networkOptions = (): readonly Option[] => [
  valueOption('--ca-file <PATH>', 'certificate authorities to trust in addition, as PEM'),
  valueOption('--client-cert <PATH>', 'the certificate of the client, as PEM, for a server that wants one'),
  valueOption('--client-key <PATH>', 'the key of --client-cert, as PEM'),
  new Option('--insecure', 'accept any certificate of the server: anyone can then read the token'),
  valueOption(
    '--proxy <URL>',
    'such as http://proxy:3128, or none; default: HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, unless NO_PROXY names the host',
  ),
]

/** Who asks the server. */
const identityOptions = (): readonly Option[] => [
  valueOption(
    '--token <TOKEN>',
    "default: MESHERY_TOKEN, else the file at MESHERY_TOKEN_PATH, else mesheryctl's token for this server. Better left out: other users of the machine see the command line of a process",
  ),
  valueOption('--provider <NAME>', 'default: MESHERY_PROVIDER, else the one that the token came with'),
]

const waitOption = (more = ''): Option =>
  new Option(
    '--wait-for-server [SPAN]',
    `at the start, retry until the server answers: for this long (60s, 5m) or without a limit. Without this option the first failed try ends the command with 4${more}`,
  )

/** How to reach the server, for a command that does not wait for it. */
export const reachOptions = (): readonly Option[] =>
  underHeading(connectionHeading, [
    ...serverOptions(),
    ...identityOptions(),
    ...networkOptions(),
    listOption('--transport <LIST>', 'what to try, in this order; default websocket,sse,polling', transportNames),
  ])

/** How to reach the server. */
export const connectionOptions = (): readonly Option[] => [
  ...reachOptions(),
  ...underHeading(connectionHeading, [waitOption('. After the start the command always waits for the server')]),
]

/** How to reach the server, for a command that sends requests and follows nothing. */
export const requestOptions = (): readonly Option[] =>
  underHeading(connectionHeading, [...serverOptions(), ...identityOptions(), ...networkOptions(), waitOption()])

/** How to reach the server, for a command that only asks whether it answers. */
export const addressOptions = (): readonly Option[] =>
  underHeading(connectionHeading, [...serverOptions(), ...networkOptions()])

const timeoutFlags = '--timeout <SPAN>'

/** When to end, for a command that prints value after value. */
export const endOptions = (value: 'event' | 'value'): readonly Option[] =>
  underHeading('When to end', [
    valueOption('--count <N>', `after N ${value}s`),
    new Option('--once', `after the first ${value}`),
    valueOption(timeoutFlags, 'after this long (500ms, 60s, 10m, 2h), with 124'),
  ])

/** When to end, for a command that waits for something. */
export const timeoutOptions = (): readonly Option[] =>
  underHeading('How long', [valueOption(timeoutFlags, '500ms, 60s, 10m, 2h; default: no end')])

/** Whether to report what happens. */
export const verboseOption = (): Option =>
  new Option(
    '-v, --verbose',
    'report on stderr what happens, even if stderr is not a terminal; also each connection, why it ended, and each request',
  )

/**
 * How to print what was asked for.
 * @param formats What the formats for people and `json` are.
 * @param fields Names of fields, for completion.
 */
export const outputOptions = (formats: string, fields: readonly string[] = []): readonly Option[] => [
  ...formatOptions(formats, fields),
  ...underHeading('Output', [verboseOption()]),
]

/** The same for a command that reports nothing besides. */
export const formatOptions = (formats: string, fields: readonly string[] = []): readonly Option[] =>
  underHeading('Output', [
    valueOption(
      '-o, --output <FORMAT>',
      `${formats}; jsonl: the same as json; yaml: one document a value; template: see --template`,
      outputFormats,
    ),
    listOption(
      '--fields <LIST>',
      'with -o json, jsonl or yaml: only these fields of each item, such as id,description,metadata.error.Code, in the shape of the whole item',
      fields,
    ),
    valueOption(
      '--template <TEXT>',
      "a line for each item, such as '{severity} {metadata.error.Code}'; \\n and \\t for a line break and a tab, {{ and }} for braces, - for what is not known",
    ),
    valueOption('--color <WHEN>', 'auto (default): on a terminal, unless NO_COLOR is set; always; never', colorChoices),
  ])

/** What was asked for of the connection. */
export interface ConnectionOptions extends OutputOptions {
  readonly verbose: boolean
  /** The text of `--timeout`, for people; undefined: no end. */
  readonly timeout: string | undefined
  readonly timeoutMs: number | undefined
  /** How long a server that does not answer is waited for at first, in milliseconds; 0: not at all. */
  readonly waitForServerMs: number
  readonly connection: MesheryOptions
}

/** What a command that follows something was asked for. */
export interface FollowOptions extends ConnectionOptions {
  /** How many values to print; undefined: no end. */
  readonly count: number | undefined
}

/**
 * @param fields The fields that what is printed can have; undefined where they differ.
 * @throws MesheryError INVALID_OPTION
 */
export const readConnectionOptions = (values: OptionValues, fields?: readonly string[]): ConnectionOptions => {
  const timeout = values.text('timeout')
  return {
    verbose: values.flag('verbose'),
    ...readOutput(values, fields),
    timeout,
    timeoutMs: timeout === undefined ? undefined : readSpan('timeout', timeout),
    waitForServerMs: readWaitForServer(values.text('wait-for-server')),
    connection: {
      url: values.text('url'),
      context: values.text('context'),
      token: values.text('token'),
      provider: values.text('provider'),
      tls: readTls(values),
      proxy: readProxy(values.text('proxy')),
      transports: readChoices('transport', values.texts('transport'), transportNames),
    },
  }
}

/** Undefined without any option of TLS. */
function readTls(values: OptionValues): TlsOptions | undefined {
  const ca = readTextFile('ca-file', values)
  const cert = readTextFile('client-cert', values)
  const key = readTextFile('client-key', values)
  if ((cert === undefined) !== (key === undefined)) throw usageError('--client-cert and --client-key belong together')
  const isInsecure = values.flag('insecure')
  if (ca === undefined && cert === undefined && !isInsecure) return undefined
  return { ca, cert, key, ...(isInsecure && { rejectUnauthorized: false }) }
}

const readProxy = (given: string | undefined): string | false | undefined => (given === 'none' ? false : given)

/** Without a span it has no end. */
function readWaitForServer(given: string | undefined): number {
  if (given === undefined) return 0
  return given === '' ? Number.POSITIVE_INFINITY : readSpan('wait-for-server', given)
}

/** See `readConnectionOptions`. */
export const readFollowOptions = (values: OptionValues, fields?: readonly string[]): FollowOptions => ({
  ...readConnectionOptions(values, fields),
  count: readEnd(values.text('count'), values.flag('once')),
})

function readEnd(count: string | undefined, once: boolean): number | undefined {
  if (once && count !== undefined) throw usageError('--once is --count 1, and was given beside --count')
  if (once) return 1
  return count === undefined ? undefined : readCount('count', count, 1, Number.MAX_SAFE_INTEGER)
}
