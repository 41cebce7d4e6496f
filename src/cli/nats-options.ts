import type { Option } from 'commander'
import type { NatsStreamOptions } from '../nats/nats-options.ts'
import { readTextFile } from './file-options.ts'
import type { Io } from './io.ts'
import { type OptionValues, usageError, valueOption } from './option-values.ts'

/*
 * Which stream of NATS: the same options where events go to (`relay --to`) and where they come from (`events --from`).
 */

type Environment = Io['env']

/** The options beside the address. */
export const natsOptionNames = ['stream', 'subject', 'nats-creds'] as const

/** @param missing What happens where there is no such stream. */
export const natsOptions = (missing: string): readonly Option[] => [
  valueOption('--stream <NAME>', `the stream${missing}; default MESHERY`),
  valueOption('--subject <SUBJECT>', 'category and action follow it; default meshery.events'),
  valueOption('--nats-creds <FILE>', 'a credentials file'),
]

/**
 * What was given of the stream.
 * @param option Which one has the address.
 * @throws MesheryError INVALID_OPTION
 */
export function readNats(option: string, address: string, values: OptionValues): NatsStreamOptions {
  const servers = address.split(',')
  // Not the address: it may have a password in it.
  if (!servers.every(isAddress)) throw usageError(`--${option} takes addresses of NATS such as nats://localhost:4222`)
  return {
    servers,
    stream: values.text('stream'),
    subject: values.text('subject'),
    credentials: readTextFile('nats-creds', values),
  }
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, host } = new URL(text)
  return (protocol === 'nats:' || protocol === 'tls:') && host !== ''
}

/** The text, or the variable that it names by `env:NAME`. */
export const fromEnvironment = (option: string, text: string, env: Environment): string =>
  text.startsWith('env:') ? variable(option, text.slice('env:'.length), env) : text

/** @throws MesheryError INVALID_OPTION where the variable is not set. */
export function variable(option: string, name: string, env: Environment): string {
  const value = env[name]
  if (value === undefined || value === '') throw usageError(`--${option} names the variable ${name}, which is not set`)
  return value
}
