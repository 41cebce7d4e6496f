import { access, constants, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { isRunning, readIfThere } from '../platform/replace-file.ts'

/*
 * One program at a time uses a file. The lock is a file beside it with the process that has it. A process of this host that has
 * ended loses it at once. Of another host only the age of the file is known: its holder renews it.
 */

const renewalMs = 10_000
/** After so long without a renewal, the holder on another host counts as ended. */
const staleAfterMs = 60_000

/** The process that has a lock. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** The space of process ids, since containers have their own; null where the system does not show it. */
  readonly space: string | null
  /** When the process started, as the system counts it; null where the system does not show it. Process ids are used again. */
  readonly started: string | null
}

/** A lock that is held. */
export interface FileLock {
  /** Gives it up. */
  release(): Promise<void>
}

/**
 * Locks a file against other programs on this host, and on others that see the same folder.
 * @throws MesheryError INVALID_OPTION if another process has it.
 */
export async function lockFile(path: string): Promise<FileLock> {
  const lock = `${path}.lock`
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    space: await spaceOfPids(),
    started: await startOf(process.pid),
  }
  const text = `${JSON.stringify(own)}\n`
  if (!(await create(lock, text))) {
    await removeStale(lock, path)
    if (!(await create(lock, text))) throw inUse(path, await readHolder(lock))
  }
  const renewal = setInterval(() => {
    const now = new Date()
    // A lock that was removed by hand is not made again: the other program has it now.
    utimes(lock, now, now).catch(() => {})
  }, renewalMs)
  renewal.unref()
  return {
    async release() {
      clearInterval(renewal)
      if ((await readIfThere(lock)) === text) await rm(lock, { force: true })
    },
  }
}

/** Whether a lock has its place beside the file: it is no device, such as /dev/null, and its folder can be written. */
export async function canBeLocked(path: string): Promise<boolean> {
  try {
    await access(dirname(path), constants.W_OK | constants.X_OK)
    return (await stat(path)).isFile()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return true
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
    throw error
  }
}

/** Returns false if the lock exists. */
async function create(lock: string, text: string): Promise<boolean> {
  try {
    await writeFile(lock, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** How long a removal takes at most. A process that takes longer was killed. */
const removalMs = 10_000

/**
 * Removes a lock whose holder has ended. One process at a time does: otherwise it could be the lock of a faster one.
 * @throws MesheryError INVALID_OPTION if its holder runs, or another process is taking it over.
 */
async function removeStale(lock: string, path: string): Promise<void> {
  const removal = `${lock}.removal`
  if (!(await create(removal, ''))) {
    if ((await ageMs(removal)) > removalMs) await rm(removal, { force: true })
    throw inUse(path, undefined)
  }
  try {
    const text = await readIfThere(lock)
    if (text === undefined) return
    const holder = holderOf(text)
    if (await isHeld(lock, holder)) throw inUse(path, holder)
    await rm(lock, { force: true })
  } finally {
    await rm(removal, { force: true })
  }
}

/** @param holder Undefined while it has not been written. */
async function isHeld(lock: string, holder: Holder | undefined): Promise<boolean> {
  if (holder?.host !== hostname() || (holder.space !== null && holder.space !== (await spaceOfPids())))
    return (await ageMs(lock)) < staleAfterMs
  const { pid, started } = holder
  const startedNow = await startOf(pid)
  return isRunning(pid) && (started === null || startedNow === null || started === startedNow)
}

async function ageMs(lock: string): Promise<number> {
  try {
    return Date.now() - (await stat(lock)).mtimeMs
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.POSITIVE_INFINITY
    throw error
  }
}

async function spaceOfPids(): Promise<string | null> {
  return process.platform === 'linux' ? await readlink('/proc/self/ns/pid') : null
}

/** When a process started, in ticks since the system did; null where Linux is not, or the process has ended. */
async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null
  const text = await readIfThere(`/proc/${pid}/stat`)
  // The name of the program, in parentheses, may have spaces. The start is the 22nd field.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

const readHolder = async (lock: string): Promise<Holder | undefined> => holderOf(await readIfThere(lock))

/** Undefined for what is no lock. */
function holderOf(text: string | undefined): Holder | undefined {
  const value = text === undefined ? undefined : parse(text)
  if (!isRecord(value)) return undefined
  const { pid, host, space, started } = value
  if (typeof pid !== 'number' || typeof host !== 'string') return undefined
  return {
    pid,
    host,
    space: typeof space === 'string' ? space : null,
    started: typeof started === 'string' ? started : null,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is no lock either.
    return undefined
  }
}

function inUse(path: string, holder: Holder | undefined): MesheryError {
  const by = holder ? `process ${holder.pid} on ${holder.host}` : 'another process'
  return new MesheryError('INVALID_OPTION', `The file ${path} is in use by ${by}`, {
    phase: 'options',
    remedy: `End that process, or name another file. If it is gone, remove ${path}.lock.`,
  })
}
