import { MesheryError } from '../index.ts'
import { readText } from '../platform/files.ts'
import { type OptionValues, usageError } from './option-values.ts'

// The options whose value is the path of a file.

/**
 * The path; undefined when the option was not given.
 * @throws MesheryError INVALID_OPTION
 */
export function readPath(option: string, values: OptionValues): string | undefined {
  const path = values.text(option)
  if (path === '') throw usageError(`--${option} was given ""; it takes the path of a file`)
  return path
}

/**
 * The text of the file; undefined when the option was not given.
 * @throws MesheryError INVALID_OPTION
 */
export function readTextFile(option: string, values: OptionValues): string | undefined {
  const path = readPath(option, values)
  if (path === undefined) return undefined
  const text = textOf(option, path)
  if (text === undefined) throw usageError(`--${option} was given ${JSON.stringify(path)}, where there is no file`)
  return text
}

function textOf(option: string, path: string): string | undefined {
  try {
    return readText(path)
  } catch (cause) {
    if (!(cause instanceof MesheryError)) throw cause
    // It begins with the path.
    const reason = cause.message.slice(path.length)
    throw usageError(`--${option} was given ${JSON.stringify(path)}, which${reason}`, cause)
  }
}
