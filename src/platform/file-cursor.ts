import { MesheryError } from '../base/errors.ts'
import { type EventCursor, isEventPosition } from '../base/event-position.ts'
import { readIfThere, replaceFile } from './replace-file.ts'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is no position either: the caller says so, with the path.
    return undefined
  }
}

/**
 * Keeps the position of a program in a file. A save is complete, on the disk, or has not happened: the file is never half written. Only
 * one program at a time may use it.
 * @param path The file. Its folder must exist. `load` gives undefined where there is no such file.
 * @returns `load` rejects with MesheryError INVALID_OPTION where the file holds something else, and `load` and `save` with the error of the
 * system where it cannot be read or written.
 */
export function fileCursor(path: string): EventCursor {
  return {
    async load() {
      const text = await readIfThere(path)
      if (text === undefined) return undefined
      const position = parse(text)
      if (isEventPosition(position)) return position
      throw new MesheryError('INVALID_OPTION', `The file ${path} holds no position of \`fileCursor\``, {
        phase: 'options',
        remedy: 'Name another file, or delete this one to begin now.',
      })
    },
    save: (position) => replaceFile(path, `${JSON.stringify(position)}\n`),
  }
}
