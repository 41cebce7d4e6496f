import { type FileHandle, open, readFile } from 'node:fs/promises'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { replaceFile } from '../platform/replace-file.ts'
import { unreadableError } from '../platform/writable-file.ts'
import { events } from '../streams/events.ts'
import { type Delivery, deliver } from './delivery.ts'
import { Grace } from './grace.ts'
import type { RelayNotice } from './relay-notice.ts'
import type { RelayEvent } from './sink.ts'

/*
 * Sends what a relay parked. The line of an event that was accepted gets a mark in place of its first byte at once, so that a kill
 * repeats one event at most, however large the file is. At the end the file is written anew with what is left.
 */

/** How dead letters are sent. */
export interface ResendSettings extends Pick<Delivery, 'sink' | 'notify' | 'signal'> {
  /** How often an event is sent before it is kept. Default: no limit. */
  readonly attempts?: number | undefined
}

/** What became of the lines of the file. */
export interface Resent {
  readonly sent: number
  /** What was refused again, and what was not sent before the end. */
  readonly kept: number
  /** Lines that are no dead letters. They are kept. */
  readonly unreadable: number
}

const newline = 0x0a
/** In place of the first byte of a line that was sent. No text begins with it. */
const sentMark = 0x00

/** A line of the file, without its end. */
interface Line {
  readonly at: number
  readonly bytes: Buffer
}

/**
 * Sends the dead letters of a file in their order, as a relay sends events. Closes the sink.
 * @throws MesheryError INVALID_OPTION if there is no such file, or it may not be read; the error of the sink when it would accept no event; that of the file.
 */
export async function resend(path: string, settings: ResendSettings): Promise<Resent> {
  try {
    return await resendFile(path, settings)
  } finally {
    await settings.sink.close?.()
  }
}

async function resendFile(path: string, settings: ResendSettings): Promise<Resent> {
  const content = await readLetters(path)
  const file = await open(path, 'r+')
  const grace = new Grace(settings.signal)
  const counts = { sent: 0, kept: 0, unreadable: 0 }
  try {
    for (const line of linesOf(content)) counts[await resendLine(line, { file, over: grace.over, ...settings })]++
  } finally {
    grace.end()
    await file.close()
    await replaceFile(path, await remainder(path))
  }
  return counts
}

async function readLetters(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw unreadableError(path, cause) ?? cause
    throw new MesheryError('INVALID_OPTION', `There is no file ${path}`, {
      phase: 'options',
      remedy: 'Name the file of dead letters of a relay.',
      cause,
    })
  }
}

/** The lines that were not sent yet. */
function* linesOf(content: Buffer): Generator<Line> {
  let at = 0
  while (at < content.length) {
    const found = content.indexOf(newline, at)
    const end = found < 0 ? content.length : found
    if (end > at && content[at] !== sentMark) yield { at, bytes: content.subarray(at, end) }
    at = end + 1
  }
}

interface Resending extends ResendSettings {
  readonly file: FileHandle
  readonly over: AbortSignal
}

async function resendLine(line: Line, resending: Resending): Promise<keyof Resent> {
  const item = letterOf(line.bytes.toString('utf8'))
  if (!item) return 'unreadable'
  if (resending.signal.aborted || !(await isAccepted(item, resending))) return 'kept'
  const { file } = resending
  await file.write(Buffer.of(sentMark), 0, 1, line.at)
  await file.datasync()
  return 'sent'
}

async function isAccepted(item: RelayEvent, { sink, signal, over, notify, attempts }: Resending): Promise<boolean> {
  let isSent = false
  const delivery: Delivery = {
    sink,
    // It is in the file already.
    deadLetters: { name: 'the file', park: async () => {} },
    attempts: attempts ?? Number.POSITIVE_INFINITY,
    notify(notice: RelayNotice) {
      isSent ||= notice.kind === 'sent'
      notify(notice)
    },
    signal,
    sending: over,
  }
  await deliver(item, delivery)
  return isSent
}

/** Undefined where the line is no dead letter. */
function letterOf(text: string): RelayEvent | undefined {
  const value = parse(text)
  if (!isRecord(value)) return undefined
  const { id, source } = value
  const event = isRecord(value['event']) ? events.item(value['event'], 'store') : undefined
  return event && typeof id === 'string' && typeof source === 'string' ? { id, event, source } : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is no dead letter either: it is counted and kept.
    return undefined
  }
}

async function remainder(path: string): Promise<Buffer> {
  return Buffer.concat([...linesOf(await readFile(path))].flatMap(({ bytes }) => [bytes, Buffer.of(newline)]))
}
