import { join } from 'node:path'
import { FAILSAFE_SCHEMA, load, Type, YAMLException } from 'js-yaml'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { type Identity, identityProblem } from '../credentials/identity.ts'
import { readText, resolvePath, unreadable } from './files.ts'

/** A context of mesheryctl, as far as it matters here. */
export interface Context {
  readonly name: string
  /** The address of its server; undefined when it names none. */
  readonly endpoint: string | undefined
  /** The error for a context without an endpoint where one is needed. */
  noEndpoint(): MesheryError
  /**
   * Looks up its token. Undefined when it names none and there is no auth.json.
   * @throws MesheryError CREDENTIALS_UNREADABLE when it is not at the path in the context.
   */
  token(): TokenFile | undefined
}

/** What a token file holds. */
export interface TokenFile {
  readonly path: string
  /** Undefined after a logout. */
  readonly identity: Identity | undefined
  /** The error for who needs an identity where there is none. */
  loggedOut(): MesheryError
}

/** Whether the text is the address of a server. */
export const isAddress = (text: string): boolean => URL.canParse(text) && /^(http|ws)s?:/i.test(text)

/** A type of plain scalars that are one of these texts. */
const plain = (tag: string, texts: readonly string[], options: { construct?: () => null } = {}): Type =>
  new Type(`tag:yaml.org,2002:${tag}`, {
    kind: 'scalar',
    resolve: (text: unknown) => texts.some((one) => one === (text ?? '')),
    ...options,
  })

/** Scalars as they are written, so that a number can be a name; `<<` merges, as in mesheryctl. */
const schema = FAILSAFE_SCHEMA.extend({
  implicit: [plain('null', ['', '~', 'null', 'Null', 'NULL'], { construct: () => null }), plain('merge', ['<<'])],
})

const logIn =
  'Log in (`mesheryctl system login`), or set MESHERY_PROVIDER to the name of the Local provider: `None`, or `Local` since v1.0.'

const correct = 'Correct what the message names in that file, or pass `url`, `token` and `provider` yourself.'

/** What to do where the current context is missing, with the names that there are, in quotes. */
const switchTo = (names: readonly string[]): string =>
  names.length === 0
    ? 'Add a context (`mesheryctl system context create NAME`), or pass `url`, `token` and `provider` yourself.'
    : `Choose one that there is (\`mesheryctl system context switch NAME\`): ${names.join(', ')}.`

/** A map of config.yaml. Its keys count in any case, as for mesheryctl. */
class Section {
  readonly #path: string
  readonly #prefix: string
  readonly #entries: readonly (readonly [string, unknown])[]

  /** @throws MesheryError CREDENTIALS_UNREADABLE when the value is no map. */
  constructor(path: string, name: string, value: unknown) {
    if (!isRecord(value)) throw unreadable(path, `${name === '' ? 'it' : `\`${name}\``} is no map`)
    this.#path = path
    this.#prefix = name === '' ? '' : `${name}.`
    this.#entries = Object.entries(value)
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get names(): readonly string[] {
    return this.#entries.map(([name]) => name)
  }

  bad(key: string, problem: string, remedy: string = correct): MesheryError {
    return unreadable(this.#path, `\`${this.#prefix}${key}\` ${problem}`, remedy)
  }

  has(key: string): boolean {
    return this.#matches(key).length > 0
  }

  /** The value as it is; undefined when it is missing or null. */
  value(key: string): unknown {
    const [first, second] = this.#matches(key)
    if (second !== undefined) throw this.bad(key, 'is there twice, in different case')
    return first?.[1] ?? undefined
  }

  /** The text; undefined when it is missing or empty. */
  text(key: string): string | undefined {
    const value = this.value(key)
    if (value === undefined || value === '') return undefined
    if (typeof value !== 'string') throw this.bad(key, 'is no text')
    return value
  }

  section(key: string): Section | undefined {
    const value = this.value(key)
    return value === undefined ? undefined : new Section(this.#path, this.#prefix + key, value)
  }

  /** The maps in a list. */
  list(key: string): readonly Section[] {
    const value = this.value(key) ?? []
    if (!Array.isArray(value)) throw this.bad(key, 'is no list')
    return value.map((item: unknown, index) => new Section(this.#path, `${this.#prefix}${key}[${index}]`, item))
  }

  #matches(key: string): readonly (readonly [string, unknown])[] {
    const exact = this.#entries.filter(([name]) => name === key)
    return exact.length > 0 ? exact : this.#entries.filter(([name]) => name.toLowerCase() === key.toLowerCase())
  }
}

const parse = (text: string, path: string): Section => {
  try {
    return new Section(path, '', load(text, { schema }) ?? {})
  } catch (error) {
    // The parser recurses, and overflows the stack where lists are nested without end.
    if (error instanceof RangeError) throw unreadable(path, 'it is nested too deeply')
    if (!(error instanceof YAMLException)) throw error
    throw unreadable(path, `it is not YAML (line ${(error.mark?.line ?? 0) + 1})`)
  }
}

/** A context where it is looked for, and its name. */
interface Found {
  readonly name: string
  readonly context: Section
}

const quoted = (names: readonly string[]): string[] => names.slice(0, 10).map((name) => JSON.stringify(name))

/** The context that `current-context` names; undefined when there is none at all. */
const findCurrent = (config: Section): Found | undefined => {
  const contexts = config.section('contexts')
  const name = config.text('current-context')
  if (name === undefined && (contexts === undefined || contexts.isEmpty)) return undefined
  if (name === undefined) throw config.bad('current-context', 'is missing')
  const context = contexts?.section(name)
  if (context !== undefined) return { name, context }
  if (contexts?.has(name)) throw contexts.bad(name, 'is empty')
  const problem = `names ${JSON.stringify(name)}, which \`contexts\` does not have`
  throw config.bad('current-context', problem, switchTo(quoted(contexts?.names ?? [])))
}

/** The context of this name. */
const findNamed = (config: Section | undefined, name: string, path: string): Found => {
  const contexts = config?.section('contexts')
  const context = contexts?.section(name)
  if (context !== undefined) return { name, context }
  if (contexts?.has(name)) throw contexts.bad(name, 'is empty')
  const names = quoted(contexts?.names ?? [])
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  const problem = `has no context ${JSON.stringify(name)}: ${config === undefined ? 'there is no such file' : known}`
  throw new MesheryError('CREDENTIALS_UNREADABLE', `${path} ${problem}`, {
    phase: 'credentials',
    remedy:
      names.length === 0 ? 'Add it (`mesheryctl system context create NAME`).' : 'Choose a context that the file has.',
  })
}

/**
 * A context of ~/.meshery/config.yaml: the one with this name, else the current one; undefined when there is no such file, or
 * nothing in it. Keys as in mesheryctl's config.go: `current-context`, `contexts` (a map), `tokens` (a list of `name` and `location`).
 *
 * @throws MesheryError CREDENTIALS_UNREADABLE when it is there, but not as expected: the error names the key. Also when it has no
 * context of this name: the error lists those that it has.
 */
export const readContext = (home: string, name?: string): Context | undefined => {
  const folder = join(home, '.meshery')
  const path = join(folder, 'config.yaml')
  const text = readText(path, home)
  const config = text === undefined ? undefined : parse(text, path)
  const found = name === undefined ? config && findCurrent(config) : findNamed(config, name, path)
  return config && found && contextOf(found, config, { folder, path, home })
}

/** Where the files of mesheryctl are. */
interface Place {
  readonly folder: string
  /** That of config.yaml. */
  readonly path: string
  readonly home: string
}

function contextOf({ name: current, context }: Found, config: Section, { folder, path, home }: Place): Context {
  const endpoint = context.text('endpoint')
  if (endpoint !== undefined && !isAddress(endpoint))
    throw context.bad('endpoint', 'is no address such as http://localhost:9081')
  return {
    name: current,
    endpoint,
    noEndpoint: () => context.bad('endpoint', 'is missing'),
    token() {
      const name = context.text('token')
      const entry = name === undefined ? undefined : config.list('tokens').find((one) => one.text('name') === name)
      if (name !== undefined && entry === undefined)
        throw context.bad('token', `names ${JSON.stringify(name)}, which \`tokens\` does not list`)
      const file = resolvePath(entry?.text('location') ?? 'auth.json', folder, home)
      const found = readTokenFile(file)
      if (found !== undefined || name === undefined) return found
      const key = `contexts.${current}.token`
      const loggedOut = (): MesheryError =>
        unreadable(file, `there is no such file, and \`${key}\` in ${path} names it`, logIn)
      return { path: file, identity: undefined, loggedOut }
    },
  }
}

/** Secrets of containers often hold the token alone. */
const tokenFileRemedy =
  'Write it as mesheryctl does: {"meshery-provider": "Meshery", "token": "..."}. A bare token goes into MESHERY_TOKEN.'

/**
 * The identity in a token file: JSON with `token` and `meshery-provider`. Undefined when there is no such file.
 * @throws MesheryError CREDENTIALS_UNREADABLE when something else is there.
 */
export const readTokenFile = (path: string): TokenFile | undefined => {
  const text = readText(path)
  if (text === undefined) return undefined
  const loggedOut = (): MesheryError =>
    new MesheryError('CREDENTIALS_UNREADABLE', `mesheryctl is logged out: ${path} is empty`, {
      phase: 'credentials',
      remedy: logIn,
    })
  // `mesheryctl system logout` leaves a file of 0 bytes.
  if (text.trim() === '') return { path, identity: undefined, loggedOut }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Without the cause: Node quotes the text, and the text is a secret.
    throw unreadable(path, 'it is not JSON', tokenFileRemedy)
  }
  if (!isRecord(json)) throw unreadable(path, 'it is no object with `token` and `meshery-provider`', tokenFileRemedy)
  const { token, 'meshery-provider': provider } = json
  const problem = identityProblem({ token, provider })
  if (problem !== undefined)
    throw unreadable(path, `its identity ${problem.replace('`provider`', '`meshery-provider`')}`)
  const identity = {
    ...(typeof token === 'string' && token !== '' && { token }),
    ...(typeof provider === 'string' && provider !== '' && { provider }),
  }
  if (Object.keys(identity).length === 0)
    throw unreadable(path, 'it has neither `token` nor `meshery-provider`', tokenFileRemedy)
  return { path, identity, loggedOut }
}
