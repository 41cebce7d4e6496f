import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from '../base/thrown.ts'

/** The text of a file; undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The file that is written in place of another one, and renamed to it. Each process has its own. */
export const temporaryOf = (path: string): string => `${path}.${process.pid}.tmp`

/**
 * Replaces a file: writes a temporary one beside it, syncs it to the disk, and renames it. After a crash the file has the old
 * text or the new one, never a half. Its permissions stay, and as root its owner.
 */
export async function replaceFile(path: string, text: string | Uint8Array): Promise<void> {
  const temporary = temporaryOf(path)
  const file = await open(temporary, 'w')
  try {
    await keepAccess(file, path)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

async function keepAccess(file: FileHandle, path: string): Promise<void> {
  try {
    const { mode, uid, gid } = await stat(path)
    await file.chmod(mode & 0o7777)
    if (process.getuid?.() === 0) await file.chown(uid, gid)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Removes what processes of this host left that ended while they replaced the file. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  for (const name of await readdir(folder)) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)\.tmp$/.exec(name.slice(prefix.length)) ?? []) : []
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true })
  }
}

/** Whether a process of this host runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It runs, as another user.
    return codeOf(error) === 'EPERM'
  }
}

/** Makes a rename survive a power failure. Windows cannot open a folder, and needs no sync of it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
