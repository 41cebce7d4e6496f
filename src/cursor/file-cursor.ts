import { isRecord, isUUID } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { type EventCursor, type EventPosition, isEventPosition } from '../base/event-position.ts'
import { readIfThere, removeLeftovers, replaceFile } from '../platform/replace-file.ts'
import { unreadableError, unwritableError } from '../platform/writable-file.ts'

/**
 * Keeps the position of a program in a file, for `resumeEvents` and for a relay. After a crash the file has the old position or
 * the new one, never a half. Saves run one after another. Only one program at a time may use the file.
 * @param path The file. Its folder must exist. `load` gives undefined where there is no such file.
 * @returns `load` rejects with MesheryError INVALID_OPTION where the file holds something else, is a folder or may not be read, and `save` where its
 * folder does not exist or may not be written; both with the error of the system where the file cannot be read or written for another reason.
 * @example
 * ```ts
 * for await (const event of resumeEvents(meshery, fileCursor('bot.json'))) console.log(event.description)
 * ```
 */
export function fileCursor(path: string): EventCursor {
  let lastSave: Promise<void> = Promise.resolve()
  return {
    async load() {
      const text = await readIfThere(path).catch((error: unknown) => {
        throw unreadableError(path, error) ?? error
      })
      if (text === undefined) return undefined
      const position = readPosition(path, text)
      await removeLeftovers(path)
      return position
    },
    save(position) {
      const text = `${JSON.stringify(position)}\n`
      const write = (): Promise<void> =>
        replaceFile(path, text).catch((error: unknown) => {
          throw unwritableError(path, error) ?? error
        })
      // A save that failed rejects for its own caller, and the next one is tried all the same.
      const saved = lastSave.then(write, write)
      lastSave = saved
      return saved
    },
  }
}

function readPosition(path: string, text: string): EventPosition {
  const value = parse(text)
  const position = isEventPosition(value) ? value : earlierRelayPosition(value)
  if (position) return position
  throw new MesheryError('INVALID_OPTION', `The file ${path} holds no position of \`fileCursor\``, {
    phase: 'options',
    remedy: 'Name another file, or delete this one to begin now.',
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is no position either: the caller says so, with the path.
    return undefined
  }
}

/**
 * Relays once wrote an `id` of null until they had sent a stored event. `begin` is where such a relay began, and `from` is where
 * it was after that. The next save writes the file as today.
 */
function earlierRelayPosition(value: unknown): EventPosition | undefined {
  if (!isRecord(value) || value['id'] !== null || !Array.isArray(value['sent'])) return undefined
  const { id: _, createdAt: __, begin, from, ...more } = value
  const place = isRecord(begin) ? placeOf(begin) : { startedAt: from }
  const position = { ...place, ...more, ...(begin !== undefined && { begin }), ...(from !== undefined && { from }) }
  return isEventPosition(position) ? position : undefined
}

function placeOf({ startedAt, ago, since, after }: Readonly<Record<string, unknown>>): object {
  if (typeof startedAt === 'number' && typeof ago === 'number')
    return { startedAt: new Date(startedAt - ago).toISOString() }
  if (isRecord(after)) return after['id'] === null ? { startedAt: after['createdAt'] } : after
  return typeof since === 'string' && isUUID(since) ? { id: since, createdAt: null } : { startedAt: since }
}
