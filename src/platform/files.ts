import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { MesheryError } from '../base/errors.ts'
import { codeOf, messageOf } from '../base/thrown.ts'

/** An error that names the file and the reason, but quotes no secret that the file holds. */
export const unreadable = (path: string, reason: string, remedy?: string): MesheryError =>
  new MesheryError('CREDENTIALS_UNREADABLE', `${path} cannot be read: ${reason}`, {
    phase: 'credentials',
    ...(remedy !== undefined && { remedy }),
  })

/** The home directory; undefined where there is none, as for a container's user without an entry in passwd. */
export const homeDirectory = (): string | undefined => {
  try {
    const home = homedir()
    return isAbsolute(home) ? home : undefined
  } catch {
    // Node throws where the system knows no home. Then there are no files in it, and nothing else is wrong.
    return undefined
  }
}

/** The one rule for paths that people write: `~/` is the home directory, the rest is absolute or relative to `base`. */
export const resolvePath = (path: string, base: string, home: string | undefined): string => {
  if (!/^~(?=$|[\\/])/.test(path)) return resolve(base, path)
  if (home === undefined) throw unreadable(path, 'there is no home directory')
  return resolve(home, path.slice(2))
}

/** What a code of the system means, for people. */
const meanings = new Map([
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'this user may not read it'],
  ['ENOTDIR', 'a part of its path is no directory'],
  ['ELOOP', 'it is a symbolic link to itself, or one of too many'],
  ['ENXIO', 'it is a socket, no regular file'],
])

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** The largest file that is read, in bytes. */
const largest = 0x10_0000

/** What a path can name beside a regular file, for people. */
const kindOf = (stats: Stats): string | undefined => {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'it is a directory (EISDIR)'
  if (stats.isFIFO()) return 'it is a named pipe, no regular file'
  return stats.isSocket() ? 'it is a socket, no regular file' : 'it is a device, no regular file'
}

/**
 * The bytes of a regular file. What is opened is what is checked, and neither waits: a named pipe has no end, nor has
 * `/dev/zero`.
 * @throws MesheryError CREDENTIALS_UNREADABLE for anything else, and for more than 1 MiB; the message is the system's.
 */
const readRegularFile = (path: string): Uint8Array => {
  // Windows has no such flag: it is undefined there.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = fstatSync(file)
    const problem = kindOf(stats)
    if (problem !== undefined) throw unreadable(path, problem)
    if (stats.size > largest) throw unreadable(path, `it has ${stats.size} bytes, and at most ${largest} are read`)
    // Files in /proc show a size of 0, and a file may grow: only the length that was read counts.
    const buffer = new Uint8Array(largest + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read)
      read = readSync(file, buffer, length, buffer.length - length, null)
    if (length > largest) throw unreadable(path, `it has more than ${largest} bytes, and no more are read`)
    return buffer.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

/**
 * The text of a UTF-8 file, without its BOM; undefined when there is no such file.
 * @param home A home that is no directory, such as /dev/null, has no files.
 * @throws MesheryError CREDENTIALS_UNREADABLE when something is there that is no such file, or more than 1 MiB.
 */
export const readText = (path: string, home?: string): string | undefined => {
  let bytes: Uint8Array
  try {
    bytes = readRegularFile(path)
  } catch (error) {
    if (error instanceof MesheryError) throw error
    const code = codeOf(error) || messageOf(error)
    if (code === 'ENOENT' || (code === 'ENOTDIR' && home !== undefined && !isFolder(home))) return undefined
    const meaning = meanings.get(code)
    throw unreadable(path, meaning === undefined ? code : `${meaning} (${code})`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(path, 'it is not UTF-8')
  }
}

/** Whether other users of the machine may read or write the file. False on Windows, which has no such modes. */
export const isOpenToOthers = (path: string): boolean =>
  process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0
