import { type ErrorCode, type ErrorPhase, MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { isError } from '../base/thrown.ts'
import type { NatsSettings } from './nats-settings.ts'
import type { LossReason } from './stream-progress.ts'

interface NatsErrorRule {
  readonly code: ErrorCode
  readonly phase: ErrorPhase
  readonly remedy: string
}

const login: NatsErrorRule = {
  code: 'CREDENTIALS_REFUSED',
  phase: 'ack',
  remedy: 'Check the user and the password in `servers`, or `credentials`.',
}
const noJetStream: NatsErrorRule = {
  code: 'UNSUPPORTED',
  phase: 'subscribe',
  remedy: 'Start the NATS server with JetStream (`-js`).',
}
const noStream: NatsErrorRule = {
  code: 'UNSUPPORTED',
  phase: 'subscribe',
  remedy: 'Start a relay, which makes the stream with its first event, or check `stream`.',
}

/** By the names of the errors that the packages throw. A server that starts has no JetStream and no stream for a moment: all is retried but a refusal. */
const rules: ReadonlyMap<string, NatsErrorRule> = new Map([
  ['AuthorizationError', login],
  ['UserAuthenticationExpiredError', login],
  [
    'PermissionViolationError',
    { ...login, phase: 'subscribe', remedy: 'Allow the user to read the stream, and to make consumers of it.' },
  ],
  ['JetStreamNotEnabled', noJetStream],
  ['NoResponders', noJetStream],
  ['StreamNotFoundError', noStream],
  [
    'TimeoutError',
    { code: 'TIMED_OUT', phase: 'subscribe', remedy: 'Check the NATS server, or raise `timeoutMs` of `nats`.' },
  ],
])

type NamedStream = Pick<NatsSettings, 'name' | 'stream'>

/** The error for what the packages of NATS threw. */
export function natsError(thrown: unknown, settings: NamedStream): MesheryError {
  if (thrown instanceof MesheryError) return thrown
  const rule = isError(thrown) ? ruleFor(thrown) : undefined
  const { name } = settings
  if (!rule) return withRemedy(networkError(thrown, 'stream', name))
  if (rule === noStream) return noStreamError(settings)
  return new MesheryError(rule.code, `${name}: ${textOf(thrown)}`, {
    phase: rule.phase,
    retryable: rule.code !== 'CREDENTIALS_REFUSED',
    remedy: rule.remedy,
    cause: thrown,
  })
}

/** An error of a request has its reason as its cause. */
function ruleFor(error: Error): NatsErrorRule | undefined {
  const { cause } = error
  return rules.get(error.name) ?? (isError(cause) ? rules.get(cause.name) : undefined)
}

/** The stream does not exist, or not yet. */
export const noStreamError = ({ name, stream }: NamedStream): MesheryError =>
  new MesheryError(noStream.code, `${name}: there is no stream ${stream}`, {
    phase: noStream.phase,
    retryable: true,
    remedy: noStream.remedy,
  })

type Loss = { readonly text: string; readonly remedy: string }

const losses: Readonly<Record<LossReason, Loss>> = {
  removed: {
    text: 'removed messages before they were read',
    remedy: 'Let the stream keep messages for longer: `max_age`, `max_msgs`, `max_bytes`.',
  },
  replaced: {
    text: 'was made anew, or lost its newest messages',
    remedy: 'Keep the stream, with replicas if a server may lose its disk.',
  },
  missing: {
    text: 'does not have the event after which to begin, and perhaps not what followed it',
    remedy: 'Keep the stream, or give `since` a time.',
  },
  unreadable: {
    text: 'has a message without an event',
    remedy: 'Let only relays of this package publish under `subject`.',
  },
}

/** Events of the stream are lost. `count` is undefined where it cannot be known. */
export function lossError(count: number | undefined, why: LossReason, { name, stream }: NamedStream): MesheryError {
  const { text, remedy } = losses[why]
  const counted = count === undefined ? '' : ` (${count})`
  return new MesheryError('SERVER_ERROR', `${name}: the stream ${stream} ${text}${counted}`, {
    phase: 'store',
    remedy,
    details: { stream, ...(count !== undefined && { lost: count }) },
  })
}

const textOf = (thrown: unknown): string => (isError(thrown) ? thrown.message.toLowerCase() : String(thrown))

/** The remedies of network errors are about Meshery. */
const withRemedy = ({ code, message, phase, details, cause }: MesheryError): MesheryError =>
  new MesheryError(code, message, {
    phase,
    details,
    cause,
    // Also what is final for Meshery's own address, such as an expired certificate: it may be renewed.
    retryable: true,
    remedy: 'Check `servers`, the NATS server and the network up to it.',
  })
