import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { readIfThere, replaceFile } from '../platform/replace-file.ts'

/**
 * How far a program has come: the last event that it has dealt with, which `since` takes. A whole event is one. A relay adds
 * what it has sent lately.
 */
export interface CursorPosition {
  /** The id of the event; null for an event without a row, and before the first event. */
  readonly id: string | null
  /** When the event was made, RFC 3339 text by the server's clock. */
  readonly createdAt: string | null
}

/** Stores how far a program has come, so that it goes on there after a restart. */
export interface Cursor {
  /** The position that was saved last; undefined if there is none. */
  load(): Promise<CursorPosition | undefined>
  /** Resolves when the position is stored, so that a crash cannot lose it. */
  save(position: CursorPosition): Promise<void>
}

/**
 * The cursor of a relay in a file. After a crash the file has the old position or the new one, never a half. Saves run one after
 * another. Each relay needs a file of its own. A program that is no relay resumes by `resumeEvents` of `meshery-live/cursor`.
 * @param path The file. Its folder must exist.
 * @throws MesheryError `load`: INVALID_OPTION if the file has no position. Both: the system's error if it denies access.
 * @example
 * ```ts
 * await relay(meshery, { to: fileSink({ path: 'events.ndjson' }), cursor: fileCursor('relay.json') })
 * ```
 */
export function fileCursor(path: string): Cursor {
  let lastSave: Promise<void> = Promise.resolve()
  return {
    async load() {
      const text = await readIfThere(path)
      return text === undefined ? undefined : readPosition(path, text)
    },
    save(position) {
      const text = `${JSON.stringify(position)}\n`
      const write = (): Promise<void> => replaceFile(path, text)
      // A save that failed rejects for its own caller, and the next one is tried all the same.
      const saved = lastSave.then(write, write)
      lastSave = saved
      return saved
    },
  }
}

function readPosition(path: string, text: string): CursorPosition {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw noPosition(path, 'no JSON', cause)
  }
  if (!isRecord(value)) throw noPosition(path, 'no object')
  const { id, createdAt } = value
  if (!isTextOrNull(id) || !isTextOrNull(createdAt)) throw noPosition(path, 'no `id` and `createdAt`')
  return { ...value, id, createdAt }
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string'

const noPosition = (path: string, found: string, cause?: unknown): MesheryError =>
  new MesheryError('INVALID_OPTION', `The cursor file ${path} has ${found} in it`, {
    phase: 'options',
    remedy: 'Restore the file, or delete it to begin anew.',
    cause,
  })
