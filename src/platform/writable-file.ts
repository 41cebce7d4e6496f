import { access, constants, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MesheryError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'

/** What a retry cannot fix: the path is wrong, or the program may not read or write there. By the code of the system's error. */
const problems: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'its folder does not exist'],
  ['ENOTDIR', 'a part of the path is no folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'the permission is missing'],
  ['EPERM', 'the permission is missing'],
  ['EROFS', 'the file system is read-only'],
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'its links lead in a circle'],
])

/**
 * Checks whether a file can be written, and leaves no file behind. What may pass by itself, such as a full disk, is no error here.
 * @param written What is written in its place, and renamed to it.
 * @throws MesheryError INVALID_OPTION
 */
export async function requireWritable(path: string, written: string = path): Promise<void> {
  try {
    await openToWrite(written)
  } catch (error) {
    const problem = unwritableError(path, error)
    if (problem) throw problem
  }
}

async function openToWrite(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+')
    await file.close()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await access(dirname(path), constants.W_OK | constants.X_OK)
  }
}

/** The error for a file that can never be written; undefined where the cause may pass. */
export const unwritableError = (path: string, cause: unknown): MesheryError | undefined =>
  lastingError(path, 'written', 'Make the folder, allow this user to write there, or name another file.', cause)

/** The error for a file that is there and can never be read; undefined where the cause may pass. */
export const unreadableError = (path: string, cause: unknown): MesheryError | undefined =>
  lastingError(path, 'read', 'Allow this user to read it, or name another file.', cause)

function lastingError(path: string, done: string, remedy: string, cause: unknown): MesheryError | undefined {
  const problem = problems.get(codeOf(cause))
  if (problem === undefined) return undefined
  // Without quotes an empty path would not be seen.
  const name = path === '' ? '""' : path
  return new MesheryError('INVALID_OPTION', `The file ${name} cannot be ${done}: ${problem}`, {
    phase: 'options',
    remedy,
    cause,
  })
}
