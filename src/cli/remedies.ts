import { type ErrorCode, errorKinds } from '../base/errors.ts'
import type { MesheryError } from '../index.ts'

/** What to do about a login of something before Meshery. */
export const gatewayLogin =
  'Something before Meshery asks for a login. Put its user and password into --url (https://user:password@host), or give an address that goes around it.'

const wait = 'or wait for it with --wait-for-server'

/**
 * What to do at a command line, where the remedy for a program does not fit: that one names options of `createMeshery`, and assumes
 * that the client retries.
 */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  HOST_UNKNOWN: 'Check the host in --url and the name service of this machine.',
  CONNECTION_REFUSED: `Start Meshery (\`mesheryctl system start\`), or check the host and port in --url, ${wait}.`,
  CONNECTION_LOST: `Check that a Meshery Server listens at this address (--url), ${wait}.`,
  CONNECTION_SILENT: `Check that a Meshery Server listens at this address (--url) and that no proxy cuts it off, ${wait}.`,
  UNREACHABLE: `Check the network, the firewall and the proxy between here and Meshery, ${wait}.`,
  TIMED_OUT: `Check that the server is healthy, ${wait}.`,
  NOT_MESHERY: `Check --url: it must be the address of a Meshery Server. If Meshery is starting, ${wait.slice(3)}.`,
  GATEWAY_LOGIN: gatewayLogin,
  TRANSPORT_UNAVAILABLE: 'Let the proxy pass this transport, unbuffered, or allow another one in --transport.',
  NO_TRANSPORT: 'Allow more in --transport: none of those allowed serves this on this server.',
  SINCE_UNKNOWN: 'Give --since a time: the event with this id is not in the store.',
}

/** The options of `createMeshery` and of its streams whose names differ at a command line. */
const options: ReadonlyMap<string, string> = new Map([
  ['transports', '--transport'],
  ['connectionIDs', '--connection'],
  ['contexts', '--cluster'],
  ['profileID', '--profile'],
  ['actedUpon', '--acted-upon'],
  ['pageSize', '--page-size'],
])

const optionOf = (_: string, name: string): string => options.get(name) ?? `--${name}`

/** What happened, with the options as the command line names them. */
export const messageOf = ({ message }: Pick<MesheryError, 'message'>): string =>
  message
    .replace(/(?<=^|^No )`(?:\w+\.)?(\w+)`(?= (?:was|is) given)/, optionOf)
    .replace('beside `page` or `pageSize`', 'beside --page or --page-size')
    .replace(/^`(proxy)`(?= is no )/, optionOf)
    .replace(/(?<=\bfrom )`(token|provider)`(?= is refused| comes|\))/g, optionOf)
    .replace(/(?<=\()`(proxy)`(?=\))/, optionOf)
    .replace("a Date, an ISO time, a span such as '10m', an event or", 'an ISO time, a span such as 10m, or')

/** A remedy with the options as the command line names them. */
export const withOptions = (remedy: string): string =>
  remedy
    .replace(/`(url|token|provider|proxy|transports)`/g, optionOf)
    .replace('`servers`, or `credentials`', '--from, or --nats-creds')
    .replace(', or raise `timeoutMs` of `nats`', '')
    .replace('`servers`', '--from')
    .replace('`stream`', '--stream')
    .replace('by NODE_EXTRA_CA_CERTS', 'by --ca-file or NODE_EXTRA_CA_CERTS')
    .replace('`tls.ca`', '--ca-file')
    .replace('`tls.cert`', '--client-cert')
    .replace('`tls.key`', '--client-key')
    .replace('`rejectUnauthorized`', '--insecure')

/** A remedy where there is no terminal, as in CI: a token comes before a login, which needs a browser. */
export const remedyWithoutTerminal = (remedy: string): string =>
  remedy.replace(/^Log in (\(.*?\)), or set (.*?)(?: or MESHERY_TOKEN)?\.$/, 'Set MESHERY_TOKEN, or $2, or log in $1.')

/** Whether the error has the remedy of its code, and none of its own. */
export const hasCommonRemedy = ({ code, remedy }: MesheryError): boolean => remedy === errorKinds[code].remedy

/** What to do about an error that ended a command. An error that has a remedy of its own keeps it. */
export const remedyOf = (error: MesheryError): string => {
  const remedy = (hasCommonRemedy(error) && remedies[error.code]) || error.remedy
  return withOptions(remedy)
}

/** The same for a command that goes on, and tries again by itself. */
export const remedyWhileRunning = (error: MesheryError): string =>
  remedyOf(error).replace(/,? or wait for it with --wait-for-server| If Meshery is starting, wait for it.*?\./, '')

/** The same where `--wait-for-server` was given already. */
export const remedyAfterWaiting = (error: MesheryError): string =>
  remedyOf(error).replace('wait for it with --wait-for-server', 'wait longer with --wait-for-server')
