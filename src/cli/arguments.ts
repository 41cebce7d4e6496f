import { spanMs } from '../base/time-span.ts'
import { MesheryError } from '../index.ts'

/** An error in the command line. What to do about it depends on the command, which the program adds: `usageRemedy`. */
export const usageError = (message: string, cause?: unknown): MesheryError =>
  new MesheryError('INVALID_OPTION', message, { phase: 'options', cause })

/** What to do about an error in the command line of this command; of the program itself by ''. */
export const usageRemedy = (command: string): string =>
  `See \`meshery-live ${command === '' ? '' : `${command} `}--help\`.`

/**
 * Calls `parseArgs` by `parse`, so that its types stay.
 * @throws MesheryError INVALID_OPTION for what it does not accept
 */
export const readArguments = <Parsed>(parse: () => Parsed): Parsed => {
  try {
    return parse()
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
    if (!(error instanceof Error) || typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS')) throw error
    // The sentences after the first are about positional arguments, which no command here takes.
    throw usageError(error.message.split(/\.\s/)[0] ?? error.message, error)
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

export const readChoice = <Choice extends string>(
  option: string,
  given: string,
  allowed: readonly Choice[],
): Choice => {
  const choice = allowed.find((one) => one === given)
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
const longest = 2 ** 31 - 1

/** A span of time such as `500ms` or `1.5h`, in milliseconds. */
export const readSpan = (option: string, given: string): number => {
  const span = spanMs(given) ?? Number.NaN
  if (span >= 1 && span <= longest) return span
  throw usageError(
    `--${option} was given ${JSON.stringify(given)}; it takes a span such as 500ms, 60s, 10m or 2h, at most 24 days`,
  )
}
