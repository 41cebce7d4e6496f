import { resolve } from 'node:path'
import type { Option } from 'commander'
import type { TlsOptions } from '../platform/network-options.ts'
import { nodePlatform } from '../platform/node.ts'
import { fileSink } from '../relay/file-sink.ts'
import { formats } from '../relay/formats.ts'
import { httpSinkOn } from '../relay/http-sink.ts'
import { natsSink } from '../relay/nats-sink.ts'
import type { Sink } from '../relay/sink.ts'
import type { Io } from './io.ts'
import { fromEnvironment, natsOptionNames, natsOptions, readNats, variable } from './nats-options.ts'
import {
  listOption,
  namingOptions,
  type OptionValues,
  readChoice,
  readCount,
  underHeading,
  usageError,
  valueOption,
} from './option-values.ts'

/** Where events go, and how they are written. */
export const sinkOptions = (): readonly Option[] => [
  ...underHeading('Where to', [
    valueOption(
      '--to <ADDRESS>',
      'https://..., file:PATH or nats://HOST:PORT (several by commas); or env:NAME, the variable that has the address',
    ),
    valueOption('--format <FORMAT>', `${formats.join(', ')}; default cloudevents over HTTP, json elsewhere`, formats),
  ]),
  ...underHeading('Webhook', [
    listOption(
      '--header <HEADER>',
      "such as 'X-Team: a'; may be repeated. The environment is a better place for secrets: 'Authorization: env:NAME'",
    ),
    valueOption('--secret-env <NAME>', 'the variable that has the secret to sign with (Standard Webhooks)'),
  ]),
  ...underHeading('File', [
    valueOption('--max-bytes <N>', 'rotate the file before it grows beyond this; default 100000000'),
    valueOption('--keep <N>', 'how many rotated files are kept; default 5'),
  ]),
  ...underHeading('NATS', natsOptions(', made if it does not exist')),
]

type Environment = Io['env']

/** The options of each kind of sink. */
const own = {
  http: ['header', 'secret-env'],
  file: ['max-bytes', 'keep'],
  nats: natsOptionNames,
} as const

type Kind = keyof typeof own

/** @throws MesheryError INVALID_OPTION */
export function readSink(values: OptionValues, env: Environment, tls: TlsOptions | undefined): Sink {
  const given = values.text('to')
  if (given === undefined) throw usageError('--to is missing: where the events go')
  const address = fromEnvironment('to', given, env)
  const kind = kindOf(address)
  for (const [other, names] of Object.entries(own))
    for (const name of names)
      if (other !== kind && (values.text(name) ?? values.texts(name)) !== undefined)
        throw usageError(`--${name} is for another kind of --to`)
  return namingOptions(commandNames, () => sinks[kind](address, values, { env, tls }))
}

/** The options of a sink whose names differ at a command line. */
const commandNames: ReadonlyMap<unknown, string> = new Map([
  ...['url', 'path', 'servers'].map((name) => [name, 'to'] as const),
  ['headers', 'header'],
  ['secret', 'secret-env'],
  ['credentials', 'nats-creds'],
])

function kindOf(address: string): Kind {
  const [, scheme = ''] = /^([a-z]+):/i.exec(address) ?? []
  const kind = kinds.get(scheme.toLowerCase())
  // Not the address: it may be a secret.
  if (kind === undefined) throw usageError('--to takes an address that begins with https:, http:, file:, nats: or tls:')
  return kind
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['https', 'http'],
  ['http', 'http'],
  ['file', 'file'],
  ['nats', 'nats'],
  ['tls', 'nats'],
])

interface Surroundings {
  readonly env: Environment
  /** From the options for the connection to Meshery. */
  readonly tls: TlsOptions | undefined
}

const sinks: Readonly<Record<Kind, (address: string, values: OptionValues, around: Surroundings) => Sink>> = {
  http(url, values, { env, tls }) {
    const secretName = values.text('secret-env')
    const format = values.text('format')
    return httpSinkOn(nodePlatform({ env }), {
      url,
      tls,
      headers: Object.fromEntries((values.texts('header') ?? []).map((header) => readHeader(header, env))),
      format: format === undefined ? undefined : readChoice('format', format, formats),
      secret: secretName === undefined ? undefined : variable('secret-env', secretName, env),
    })
  },
  file(address, values) {
    const [maxBytes, keep] = [values.text('max-bytes'), values.text('keep')]
    return fileSink({
      path: pathIn(address),
      format: readPlainFormat(values),
      maxBytes: maxBytes === undefined ? undefined : readCount('max-bytes', maxBytes, 1, Number.MAX_SAFE_INTEGER),
      keep: keep === undefined ? undefined : readCount('keep', keep, 0, 1_000),
    })
  },
  nats(address, values) {
    return natsSink({ ...readNats('to', address, values), format: readPlainFormat(values) })
  },
}

const pathIn = (address: string): string => address.slice('file:'.length).replace(/^\/\/(?=\/)/, '')

/** The file that `--to` names; undefined where it names something else. */
export function sinkFile(values: OptionValues, env: Environment): string | undefined {
  const address = fromEnvironment('to', values.text('to') ?? '', env)
  return /^file:/i.test(address) ? pathIn(address) : undefined
}

/**
 * Refuses one file for two purposes: what is written for one would overwrite the other.
 * @param files By the names of their options.
 * @throws MesheryError INVALID_OPTION
 */
export function requireDifferent(files: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>()
  for (const [option, path] of Object.entries(files)) {
    if (path === undefined) continue
    const whole = resolve(path)
    const other = seen.get(whole)
    if (other !== undefined) throw usageError(`--${other} and --${option} were given the same file ${whole}`)
    seen.set(whole, option)
  }
}

function readPlainFormat(values: OptionValues): 'json' | 'cloudevents' | undefined {
  const format = values.text('format')
  return format === undefined ? undefined : readChoice('format', format, ['json', 'cloudevents'] as const)
}

function readHeader(text: string, env: Environment): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^:\s]+):\s*(.*)$/s.exec(text) ?? []
  // Not the text: it may be a secret.
  if (name === '') throw usageError("--header takes 'NAME: VALUE'")
  return [name, fromEnvironment('header', value, env)]
}
