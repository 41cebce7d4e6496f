import { Option } from 'commander'
import { changedError } from '../base/errors.ts'
import { spanMs } from '../base/time-span.ts'
import { MesheryError } from '../index.ts'

/** An error in the command line. What to do about it depends on the command, which the program adds: `usageRemedy`. */
export const usageError = (message: string, cause?: unknown): MesheryError =>
  new MesheryError('INVALID_OPTION', message, { phase: 'options', cause })

/** What to do about an error in the command line of this command; of the program itself by ''. */
export const usageRemedy = (command: string): string =>
  `See \`meshery-live ${command === '' ? '' : `${command} `}--help\`.`

/**
 * Makes something from options of a program. An error about one of them names the one of the command line instead.
 * @param names By the name in the program, without dashes.
 * @throws MesheryError
 */
export function namingOptions<T>(names: ReadonlyMap<unknown, string>, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
    const { option } = error.details
    const own = names.get(option)
    throw own === undefined
      ? error
      : changedError(error, { message: error.message.replace(`\`${option}\``, `--${own}`) })
  }
}

/** An option with a value; the last one counts. */
export const valueOption = (flags: string, description: string, choices: readonly string[] = []): Option =>
  withChoices(new Option(flags, description), choices)

/** An option whose value is a list: separated by commas, or the option repeated. */
export const listOption = (flags: string, description: string, choices: readonly string[] = []): Option =>
  withChoices(new Option(flags, description), choices).argParser<readonly string[] | undefined>(
    (value, before = []) => [...before, value],
  )

/** Completion offers the choices. The readers below check them, whose errors name the option. */
const withChoices = (option: Option, choices: readonly string[]): Option =>
  choices.length === 0 ? option : option.choices(choices).argParser((value) => value)

/** Without a limit. */
export const allOption = (description: string): Option => new Option('--all', description)

/** The options of one heading in the help. */
export const underHeading = (heading: string, options: readonly Option[]): readonly Option[] =>
  options.map((option) => option.helpGroup(`${heading}:`))

/** The values of a command's options, by their names without dashes. */
export class OptionValues {
  readonly #values: Readonly<Record<string, unknown>>

  /** @param values By the names of the options in camel case, as commander gives them. */
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  #valueOf(name: string): unknown {
    return this.#values[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]
  }

  /** The text; undefined when the option was not given. */
  text(name: string): string | undefined {
    const value = this.#valueOf(name)
    return typeof value === 'string' ? value : undefined
  }

  /** The texts, one for each time that the option was given; undefined when it was not. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#valueOf(name)
    return Array.isArray(value) ? value.map(String) : undefined
  }

  /** Whether the option was given. */
  flag(name: string): boolean {
    return this.#valueOf(name) === true
  }
}

/** A list of texts, given by commas or by repeating the option; undefined when it was not given. */
export const readList = (given: readonly string[] | undefined): string[] | undefined =>
  given?.flatMap((one) => one.split(',')).map((one) => one.trim())

/** A list of which each text is one of the allowed. */
export const readChoices = <Choice extends string>(
  option: string,
  given: readonly string[] | undefined,
  allowed: readonly Choice[],
): Choice[] | undefined => readList(given)?.map((one) => readChoice(option, one, allowed))

/** One of the allowed, in any case. */
export const readChoice = <Choice extends string>(
  option: string,
  given: string,
  allowed: readonly Choice[],
): Choice => {
  const choice = allowed.find((one) => one.toLowerCase() === given.toLowerCase())
  if (choice === undefined) {
    throw usageError(`--${option} was given ${JSON.stringify(given)}; it takes ${allowed.join(', ')}`)
  }
  return choice
}

/** A whole number. */
export const readCount = (option: string, given: string, least: number, most: number): number => {
  const count = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
  if (count >= least && count <= most) return count
  throw usageError(`--${option} was given ${JSON.stringify(given)}; it takes a whole number from ${least} to ${most}`)
}

/** What a timer can keep, in milliseconds; beyond it they fire at once. */
const longestMs = 2 ** 31 - 1

/** A span of time such as `500ms` or `1.5h`, in milliseconds. */
export const readSpan = (option: string, given: string): number => {
  const ms = spanMs(given) ?? Number.NaN
  if (ms >= 1 && ms <= longestMs) return ms
  throw usageError(
    `--${option} was given ${JSON.stringify(given)}; it takes a span such as 500ms, 60s, 10m or 2h, at most 24 days`,
  )
}
