import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'
import { MesheryError } from '../base/errors.ts'
import { type Identity, identityProblem } from '../credentials/credentials.ts'

/** What the defaults of a process are taken from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The home directory; mesheryctl keeps its files in `.meshery` there. */
  readonly home: string
}

/** mesheryctl's current context, as far as it matters here. */
interface Context {
  readonly name: string
  readonly endpoint: string | undefined
  /** The path of its token file; undefined when the token that it names is not listed. */
  readonly tokenFile: string | undefined
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const asText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** An error that names the file and the reason, but quotes nothing of what the file holds. */
const unreadable = (path: string, reason: string): MesheryError =>
  new MesheryError('CREDENTIALS_UNREADABLE', `${path} cannot be read: ${reason}`, { phase: 'credentials' })

/** The text of a file; undefined when there is no such file. */
const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = asText(asRecord(error)['code']) ?? 'unknown reason'
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unreadable(path, code)
  }
}

/**
 * The current context of ~/.meshery/config.yaml; undefined when there is none. Keys as in mesheryctl's config.go:
 * `current-context`, `contexts` (a map), `tokens` (a list of `name` and `location`).
 */
const currentContext = (home: string): Context | undefined => {
  const folder = join(home, '.meshery')
  const path = join(folder, 'config.yaml')
  const text = readText(path)
  if (text === undefined) return undefined
  // Loaded only here, since it takes longer to load than everything else together.
  const yaml: typeof import('yaml') = createRequire(import.meta.url)('yaml')
  const document = yaml.parseDocument(text, { prettyErrors: false, logLevel: 'silent' })
  const problem = document.errors[0]
  if (problem !== undefined) throw unreadable(path, `it is not YAML (${problem.code})`)
  const config = asRecord(document.toJS())
  const name = asText(config['current-context']) ?? ''
  const context = asRecord(config['contexts'])[name]
  if (context === undefined) return undefined
  const { endpoint, token } = asRecord(context)
  const tokens = Array.isArray(config['tokens']) ? config['tokens'].map(asRecord) : []
  const named = asText(token)
  const entry = named === undefined ? {} : tokens.find(({ name }) => name === named)
  const location = entry && (asText(entry['location']) ?? 'auth.json')
  const tokenFile = location === undefined || isAbsolute(location) ? location : join(folder, location)
  return { name, endpoint: asText(endpoint), tokenFile }
}

/** Who a token file says we are: JSON with `token` and `meshery-provider`. Undefined when there is no such file. */
const readTokenFile = (path: string): Identity | undefined => {
  const text = readText(path)
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Without the cause: Node quotes the text, and the text is a secret.
    throw unreadable(path, 'it is not JSON')
  }
  const { token, 'meshery-provider': provider } = asRecord(json)
  const problem = identityProblem({ token, provider })
  if (problem !== undefined) throw unreadable(path, `its identity ${problem}`)
  return identity(asText(token), asText(provider))
}

const identity = (token: string | undefined, provider: string | undefined): Identity => ({
  ...(token !== undefined && { token }),
  ...(provider !== undefined && { provider }),
})

/** Whether two addresses are one server: the same scheme, host and port. */
const sameServer = (endpoint: string | undefined, server: URL): boolean =>
  endpoint !== undefined && URL.canParse(endpoint) && new URL(endpoint).origin === server.origin

/** An address and its source. */
export interface Address {
  readonly url: string
  /** For people, such as `MESHERY_URL`. */
  readonly source: string
}

/**
 * Where Meshery is when nobody says: MESHERY_URL, else the endpoint of mesheryctl's current context, else
 * http://localhost:9081.
 * @throws MesheryError INVALID_OPTION when mesheryctl's configuration is there and cannot be read.
 */
export const defaultAddress = ({ env, home }: Surroundings): Address => {
  const told = asText(env['MESHERY_URL'])
  if (told !== undefined) return { url: told, source: 'MESHERY_URL' }
  try {
    const { endpoint, name } = currentContext(home) ?? {}
    if (endpoint !== undefined) return { url: endpoint, source: `mesheryctl's context ${name}` }
    return { url: 'http://localhost:9081', source: 'the default' }
  } catch (cause) {
    const message = cause instanceof MesheryError ? cause.message : "mesheryctl's configuration cannot be read"
    throw new MesheryError('INVALID_OPTION', `No \`url\` is given, and ${message}`, { phase: 'options', cause })
  }
}

/** The same without its source. */
export const defaultUrl = (surroundings: Surroundings): string => defaultAddress(surroundings).url

/**
 * Who we are when nobody says: MESHERY_TOKEN and MESHERY_PROVIDER, else the JSON file at MESHERY_TOKEN_PATH, else the token
 * file of mesheryctl's current context, but that only when its endpoint is this very server.
 *
 * MESHERY_PROVIDER wins over the provider in the file at MESHERY_TOKEN_PATH. mesheryctl's token goes only with the
 * provider that it was made for.
 * @throws MesheryError CREDENTIALS_UNREADABLE when a source is there and cannot be read.
 */
export const readCredentials = ({ env, home }: Surroundings, server: URL): Identity | undefined => {
  const token = asText(env['MESHERY_TOKEN'])
  const provider = asText(env['MESHERY_PROVIDER'])
  if (token !== undefined) return identity(token, provider)
  const path = asText(env['MESHERY_TOKEN_PATH'])
  if (path !== undefined) {
    const full = path.replace(/^~(?=\/)/, () => home)
    const found = readTokenFile(full)
    if (found === undefined) throw unreadable(full, 'there is no such file (MESHERY_TOKEN_PATH names it)')
    return identity(found.token, provider ?? found.provider)
  }
  const context = currentContext(home)
  const file = sameServer(context?.endpoint, server) ? context?.tokenFile : undefined
  const found = file === undefined ? undefined : readTokenFile(file)
  if (found !== undefined && (provider ?? found.provider) === found.provider) return found
  return provider === undefined ? undefined : { provider }
}
