import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { MesheryError } from '../base/errors.ts'

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
const meanings: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
  ENOTDIR: 'a part of its path is no directory',
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * The text of a UTF-8 file, without its BOM; undefined when there is no such file.
 * @param home A home that is no directory, such as /dev/null, has no files.
 * @throws MesheryError CREDENTIALS_UNREADABLE when something is there that is no such file.
 */
export const readText = (path: string, home?: string): string | undefined => {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' || (code === 'ENOTDIR' && home !== undefined && !isFolder(home))) return undefined
    throw unreadable(path, meanings[code] === undefined ? code : `${meanings[code]} (${code})`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable(path, 'it is not UTF-8')
  }
}
