import { kindOf, refuse } from '../base/checks.ts'
import { changedError, MesheryError } from '../base/errors.ts'
import { messageOf } from '../base/thrown.ts'
import { isCookieValue } from '../credentials/cookie-value.ts'
import type { SourcedIdentity } from '../credentials/identity.ts'
import { resolvePath, unreadable } from './files.ts'
import { type Context, isAddress, readContext, readTokenFile } from './mesheryctl.ts'

/** What the defaults of a process are taken from. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The home directory, where mesheryctl keeps its files in `.meshery`; undefined where there is none. */
  readonly home: string | undefined
  /** The context of mesheryctl that the user chose: with it no variable is read. Default: the current one. */
  readonly context?: string | undefined
}

/** The chosen or current context of mesheryctl; undefined when there is none. */
const contextIn = ({ home, context }: Environment): Context | undefined => {
  if (home !== undefined) return readContext(home, context)
  if (context !== undefined)
    throw unreadable(`The context ${JSON.stringify(context)} of mesheryctl`, 'there is no home directory')
  return undefined
}

/**
 * Checks that mesheryctl has the chosen context.
 * @throws MesheryError INVALID_OPTION, which names the file and lists its contexts.
 */
export const checkContext = (surroundings: Environment): void => {
  const { context } = surroundings
  if (context === undefined) return
  // A program in JavaScript may give anything.
  if (typeof context !== 'string' || context.trim() === '')
    refuse('context', context === '' ? 'an empty text' : kindOf(context), 'the name of a context of mesheryctl')
  try {
    contextIn(surroundings)
  } catch (cause) {
    if (!(cause instanceof MesheryError)) throw cause
    throw changedError(cause, { code: 'INVALID_OPTION', phase: 'options', details: { option: 'context' } })
  }
}

const set = (value: string | undefined): string | undefined => (value?.trim() === '' ? undefined : value)

/**
 * The variable, whose value becomes that of a cookie.
 * @throws MesheryError CREDENTIALS_UNREADABLE, without the value: it may be a secret.
 */
const cookieIn = (name: string, env: Environment['env']): string | undefined => {
  const value = set(env[name])
  if (value === undefined || isCookieValue(value.trim())) return value
  throw new MesheryError('CREDENTIALS_UNREADABLE', `${name} has a character that is not allowed in a cookie`, {
    phase: 'credentials',
    remedy: `Correct ${name}: its value stands alone, without quotes.`,
  })
}

const identity = (
  token: string | undefined,
  provider: string | undefined,
  from: { readonly token: string; readonly provider: string },
): SourcedIdentity => ({ ...(token !== undefined && { token }), ...(provider !== undefined && { provider }), from })

/** Whether two addresses are one server: the same scheme, host and port. */
const isSameServer = (endpoint: string, server: URL): boolean =>
  new URL(endpoint.trim().replace(/^ws/i, 'http')).origin === server.origin

/** An address and its source. */
export interface Address {
  readonly url: string
  /** For people, such as `MESHERY_URL`. */
  readonly source: string
  /** The name of mesheryctl's context; absent when the address is not of one. */
  readonly context?: string
}

/**
 * The address of Meshery by default: the endpoint of the chosen context of mesheryctl, else MESHERY_URL, else the endpoint of the
 * current context, else http://localhost:9081.
 * @throws MesheryError INVALID_OPTION when MESHERY_URL is no address, or mesheryctl's configuration is there and names no server.
 */
export const defaultAddress = (surroundings: Environment): Address => {
  try {
    const given = surroundings.context === undefined ? set(surroundings.env['MESHERY_URL']) : undefined
    if (given !== undefined && !isAddress(given.trim()))
      throw new Error(`MESHERY_URL is ${problemOf(given)}: it takes an address such as http://localhost:9081`)
    if (given !== undefined) return { url: given, source: 'MESHERY_URL' }
    const context = contextIn(surroundings)
    if (context === undefined) return { url: 'http://localhost:9081', source: 'the default' }
    if (context.endpoint === undefined) throw context.noEndpoint()
    return { url: context.endpoint, source: `mesheryctl's context ${context.name}`, context: context.name }
  } catch (cause) {
    const message = messageOf(cause)
    // An error that already says what to do, such as which context to choose, keeps its remedy.
    const own = cause instanceof MesheryError && /`mesheryctl /.test(cause.remedy) ? `${cause.remedy} Or pass` : 'Pass'
    throw new MesheryError('INVALID_OPTION', `No \`url\` is given, and ${message}`, {
      phase: 'options',
      remedy: `${own} \`url\`, set MESHERY_URL, or correct what the message names.`,
      cause,
    })
  }
}

/** What is wrong with an address. Its user, query and hash may be secret. */
const problemOf = (given: string): string => {
  const isHarmless = /^[\w.:/-]{1,200}$/.test(given.trim())
  const text = isHarmless ? JSON.stringify(given.trim()) : 'an address'
  return /^\s*[a-z][a-z\d+.-]*:\/\//i.test(given) ? `${text}, which is not http or https` : `${text} without a scheme`
}

/** The same without its source. */
export const defaultUrl = (surroundings: Environment): string => defaultAddress(surroundings).url

/** What is worth a warning while the credentials are read. */
export interface SourceReport {
  /** The path of the file that gave the token. */
  tokenRead(path: string): void
  /** The token of a chosen context does not go to this server. */
  tokenWithheld(context: Pick<Context, 'name' | 'endpoint'>, server: URL): void
}

/**
 * The identity by default: MESHERY_TOKEN and MESHERY_PROVIDER, else the JSON file at MESHERY_TOKEN_PATH, else the token
 * file of mesheryctl's current context, but that only when its endpoint is this very server. Of a chosen context only the token
 * file counts.
 *
 * MESHERY_PROVIDER wins over the provider in the file at MESHERY_TOKEN_PATH. mesheryctl's token goes only with the
 * provider that it was made for.
 * @param report Receives what is worth a warning.
 * @throws MesheryError CREDENTIALS_UNREADABLE when a source is there and cannot be read, or is a logged-out token file.
 */
export const readCredentials = (
  surroundings: Environment,
  server: URL,
  report: SourceReport = { tokenRead() {}, tokenWithheld() {} },
): SourcedIdentity | undefined => {
  try {
    return read(surroundings, server, report)
  } catch (cause) {
    if (cause instanceof MesheryError) throw cause
    const message = `The environment cannot be read: ${messageOf(cause)}`
    throw new MesheryError('CREDENTIALS_UNREADABLE', message, { phase: 'credentials', cause })
  }
}

const read = (surroundings: Environment, server: URL, report: SourceReport): SourcedIdentity | undefined => {
  const { env, context } = surroundings
  // The variables may be of another server than the context.
  if (context !== undefined) return fromContext(surroundings, server, undefined, report)
  const provider = cookieIn('MESHERY_PROVIDER', env)
  const token = cookieIn('MESHERY_TOKEN', env)
  if (token !== undefined) return identity(token, provider, { token: 'MESHERY_TOKEN', provider: 'MESHERY_PROVIDER' })
  const path = set(env['MESHERY_TOKEN_PATH'])
  if (path !== undefined) return fromTokenPath(resolvePath(path, process.cwd(), surroundings.home), provider, report)
  return fromContext(surroundings, server, provider, report)
}

const correctPath = 'Correct MESHERY_TOKEN_PATH, or unset it and log in (`mesheryctl system login`).'

/** The identity in the file that MESHERY_TOKEN_PATH names. */
const fromTokenPath = (path: string, provider: string | undefined, report: SourceReport): SourcedIdentity => {
  const file = readTokenFile(path)
  if (file === undefined) throw unreadable(path, 'there is no such file (MESHERY_TOKEN_PATH names it)', correctPath)
  if (file.identity === undefined && provider === undefined) throw file.loggedOut()
  if (file.identity?.token !== undefined) report.tokenRead(file.path)
  const source = `${path} (MESHERY_TOKEN_PATH)`
  const from = { token: source, provider: provider === undefined ? source : 'MESHERY_PROVIDER' }
  return identity(file.identity?.token, provider ?? file.identity?.provider, from)
}

/** The identity in the token file of mesheryctl's context if that is of this server, else MESHERY_PROVIDER. */
const fromContext = (
  surroundings: Environment,
  server: URL,
  provider: string | undefined,
  report: SourceReport,
): SourcedIdentity | undefined => {
  const context = contextIn(surroundings)
  const isOfServer = context?.endpoint !== undefined && isSameServer(context.endpoint, server)
  if (context && surroundings.context !== undefined && !isOfServer) report.tokenWithheld(context, server)
  const file = isOfServer ? context.token() : undefined
  if (file?.identity !== undefined && (provider ?? file.identity.provider) === file.identity.provider) {
    if (file.identity.token !== undefined) report.tokenRead(file.path)
    return { ...file.identity, from: { token: file.path, provider: file.path } }
  }
  if (provider !== undefined)
    return identity(undefined, provider, { token: 'MESHERY_PROVIDER', provider: 'MESHERY_PROVIDER' })
  if (file !== undefined) throw file.loggedOut()
  return undefined
}
