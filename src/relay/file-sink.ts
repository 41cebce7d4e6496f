import { rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { refuse, wantInRange, wantNames } from '../base/checks.ts'
import { codeOf } from '../base/thrown.ts'
import { syncFolder } from '../platform/replace-file.ts'
import { requireWritable } from '../platform/writable-file.ts'
import { type Format, formatted } from './formats.ts'
import { LineFile } from './line-file.ts'
import type { DeadLetters, Sink } from './sink.ts'

/** Which file events are written to. */
export interface FileSinkOptions {
  /** The file. Its folder must exist. */
  readonly path: string
  /** One event a line. Default `json`. */
  readonly format?: Extract<Format, 'json' | 'cloudevents'> | undefined
  /** The file is rotated before it grows beyond this, in bytes. Default 100 000 000. */
  readonly maxBytes?: number | undefined
  /** How many rotated files are kept: `path.1` is the newest. Default 5. */
  readonly keep?: number | undefined
}

const names = ['path', 'format', 'maxBytes', 'keep']

/**
 * Appends each event as a line (NDJSON), and syncs it to the disk before it counts as sent. What a crash left of a line is
 * cut off at the next start. An error of the disk is retried. A relay does not start where the file can never be written.
 * @throws MesheryError INVALID_OPTION
 */
export function fileSink(options: FileSinkOptions): Sink {
  wantNames('options', options, names)
  const { path: given, format = 'json', maxBytes = 100_000_000, keep = 5 } = options
  if (typeof given !== 'string' || given === '') refuse('path', 'no path', 'the path of a file')
  if (format !== 'json' && format !== 'cloudevents') refuse('format', String(format), 'one of json, cloudevents')
  wantInRange('maxBytes', maxBytes, { least: 1, most: Number.MAX_SAFE_INTEGER, whole: true })
  wantInRange('keep', keep, { least: 0, most: 1_000, whole: true })
  const path = resolve(given)
  const file = new LineFile(path)
  return {
    name: `file ${path}`,
    open: () => requireWritable(path),
    async send(item) {
      const line = formatted(item, format)
      const size = await file.size()
      if (size > 0 && size + Buffer.byteLength(line) + 1 > maxBytes) {
        await file.close()
        await rotate(path, keep)
      }
      await file.append(line)
    },
    close: () => file.close(),
  }
}

/** Renames each file to the next number, the oldest first, so that a crash in between loses none. */
async function rotate(path: string, keep: number): Promise<void> {
  await rm(`${path}.${keep}`, { force: true })
  for (let number = keep; number > 1; number--) await renameIfThere(`${path}.${number - 1}`, `${path}.${number}`)
  if (keep > 0) await renameIfThere(path, `${path}.1`)
  else await rm(path, { force: true })
  await syncFolder(dirname(path))
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/**
 * Keeps dead letters as lines of JSON: `id`, `parkedAt`, `attempts`, `error`, `source`, `event`.
 * @param path The file. Its folder must exist.
 */
export function fileDeadLetters(path: string): DeadLetters {
  const file = new LineFile(path)
  return {
    name: path,
    open: () => requireWritable(path),
    park({ id, event, source, attempts, error, parkedAt }) {
      return file.append(JSON.stringify({ id, parkedAt, attempts, error: error.message, source, event }))
    },
    close: () => file.close(),
  }
}
